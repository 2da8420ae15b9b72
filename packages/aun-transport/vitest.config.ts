import { fileURLToPath } from 'node:url';
import { tests } from '../../vitest.base.js';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default tests({
  alias: {
    '#http': source('./src/http/platform-node.ts'),
    '#socket': source('./src/socket/platform-ws.ts'),
    '#wake-up': source('./src/session/platform-wake-up-never.ts'),
  },
});
