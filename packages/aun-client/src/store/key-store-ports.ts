import type { KeyStore, SyncKeyStore } from 'aun-core';
import type { LearnedAnchors } from '../trust/trust-anchors.js';

const SYNC_METHODS = [
  'deviceIdSync',
  'loadKeyPairSync',
  'saveKeyPairSync',
  'loadPreviousKeyPairsSync',
  'listIdentitiesSync',
  'changeSeedSync',
  'loadCertSync',
  'saveCertSync',
  'loadTrustBundleSync',
  'repairKeyPairSync',
] as const satisfies readonly (keyof SyncKeyStore)[];

/** Does a store answer on the spot, as the one on files does? */
export const isSyncKeyStore = (keys: KeyStore): keys is KeyStore & SyncKeyStore =>
  SYNC_METHODS.every((name) => name in keys && typeof Reflect.get(keys, name) === 'function');

/** What an environment takes from its key store without waiting. */
export type KeyStorePorts = {
  readonly deviceId: () => string;
  readonly learned: LearnedAnchors;
  readonly prepare: () => Promise<void>;
};

/** Of a store that answers on the spot: nothing is read before it is asked for. */
export const syncPorts = (keys: SyncKeyStore, givenDeviceId: string | null): KeyStorePorts => {
  let deviceId = givenDeviceId;
  return {
    deviceId: () => {
      deviceId ??= keys.deviceIdSync();
      return deviceId;
    },
    learned: { current: () => keys.loadTrustBundleSync(), refresh: async () => undefined },
    prepare: async () => undefined,
  };
};

/** Of a store that only gives promises: read once by `prepare`, which tries again after a failure. */
export const asyncPorts = (
  keys: Pick<KeyStore, 'deviceId' | 'loadTrustBundle'>,
  givenDeviceId: string | null,
): KeyStorePorts => {
  let deviceId = givenDeviceId;
  let bundle: readonly string[] = [];
  let prepared: Promise<void> | null = null;
  const refresh = async (): Promise<void> => {
    bundle = await keys.loadTrustBundle();
  };
  const read = async (): Promise<void> => {
    await refresh();
    deviceId ??= await keys.deviceId();
  };
  return {
    deviceId: () => deviceId ?? '',
    learned: { current: () => bundle, refresh },
    prepare: () => {
      prepared ??= read().catch((error: unknown) => {
        prepared = null;
        throw error;
      });
      return prepared;
    },
  };
};
