import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = dirname(createRequire(import.meta.url).resolve('aun-client/package.json'));

/** URL of the built client, for programs in processes of their own. */
export const builtClient = pathToFileURL(join(folder, 'dist/index.js')).href;
