import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FsKeyStore } from '../src/index.js';
import { describeKeyStore } from './conformance/index.js';

describeKeyStore('FsKeyStore', async () => {
  const path = mkdtempSync(join(tmpdir(), 'aun-keystore-'));
  const open: FsKeyStore[] = [];
  return {
    async open(options) {
      const store = new FsKeyStore({ path, ...options });
      open.push(store);
      return store;
    },
    async dispose() {
      for (const store of open) await store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
});
