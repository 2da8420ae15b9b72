import { IdbKeyStore } from 'aun-keystore-idb';
import { contractFailures } from './keystore-checks.js';

/** Runs in a module worker: takes an AID, answers with what did not hold. */
globalThis.onmessage = async ({ data }: MessageEvent<string>) => {
  try {
    const failures = await contractFailures((seed) => new IdbKeyStore({ seed }), data);
    const deviceId = await new IdbKeyStore().deviceId();
    globalThis.postMessage({ failures, deviceId, hasLocalStorage: 'localStorage' in globalThis });
  } catch (error) {
    globalThis.postMessage({ error: String(error) });
  }
};
