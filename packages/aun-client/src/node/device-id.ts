import { FsKeyStore } from 'aun-keystore-fs';
import { expandAunPath } from './environment.js';

/** The device id of a keystore directory; created on first use (08 §3). */
export const getDeviceId = (aunPath = ''): string => {
  const keys = new FsKeyStore({ path: expandAunPath(aunPath), seed: '' });
  try {
    return keys.deviceIdSync();
  } finally {
    keys.closeSync();
  }
};
