import { IdbKeyStore } from 'aun-keystore-idb';

/** The device id of this origin, whatever the path; created on first use (08 §10.3). */
export const getDeviceId = async (_aunPath = ''): Promise<string> => {
  const keys = new IdbKeyStore();
  try {
    return await keys.deviceId();
  } finally {
    await keys.close();
  }
};
