import { describeKeyStore } from '../../aun-keystore-fs/test/conformance/index.js';
import { IdbKeyStore } from '../src/index.js';
import { newPlatform } from './places.js';

describeKeyStore('IdbKeyStore', async () => {
  const platform = newPlatform();
  const open: IdbKeyStore[] = [];
  return {
    async open(options) {
      const store = new IdbKeyStore({ platform, ...options });
      open.push(store);
      return store;
    },
    async dispose() {
      for (const store of open) await store.close();
    },
  };
});
