import { type Logger, noopLogger, ValidationError } from 'aun-core';
import { IdbKeyStore } from 'aun-keystore-idb';
import { assembleEnvironment, borrowed, leased } from '../assemble-environment.js';
import type { OpenedStore } from '../store/base-store.js';
import { debugConsole } from '../store/debug-console.js';
import { asyncPorts } from '../store/key-store-ports.js';
import type { StoreSettings } from '../store/options.js';
import { makeAid } from './aid.js';
import { onHidden } from './on-hidden.js';

/**
 * Everything a store in a browser works with: IndexedDB, `fetch` and the native WebSocket. Opens nothing.
 * @throws {ValidationError} when `rootCaPath` is given
 */
export const browserEnvironment = (settings: StoreSettings, ownLogger: Logger | undefined): OpenedStore => {
  const { aunPath, encryptionSeed, keyStore: given, deviceId, rootCaPem, rootCaPath, debug } = settings;
  if (rootCaPath !== null) {
    throw new ValidationError('rootCaPath: a browser reads no files, use rootCaPem', {
      data: { field: 'rootCaPath' },
    });
  }
  const logger = ownLogger ?? (debug ? debugConsole : noopLogger);
  const open = (seed: string): IdbKeyStore => new IdbKeyStore({ path: aunPath, seed, logger });
  const own = open(encryptionSeed);
  const keys = given ?? own;
  const environment = assembleEnvironment(settings, {
    aunPath,
    // The browser verifies, whatever is wished (07 §12).
    verifySsl: true,
    roots: rootCaPem === null ? [] : [rootCaPem],
    logger,
    network: {},
    keyStorePorts: asyncPorts(keys, deviceId),
    authorityPem: () => null,
    onHidden: onHidden(globalThis),
    makeAid,
    openStateStore: () => (given === null ? leased(open('')) : borrowed(given)),
  });
  const closeKeys = (): void => {
    own.close().catch((error: unknown) => logger.warn('closing the key store was not clean', { error }));
  };
  return { environment, keys, closeKeys };
};
