import { writeSync } from 'node:fs';
import { openFsKeyStore } from '../../src/index.js';

/** Takes the identity lock, says so, and keeps it until it is killed. */
const [path = '', aid = ''] = process.argv.slice(2);
await openFsKeyStore({ path, seed: 'seed' }).lockIdentity(aid, async () => {
  writeSync(1, 'held\n');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});
