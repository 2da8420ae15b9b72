import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type KeyStore, type Logger, systemClock, ValidationError } from 'aun-core';
import { FsKeyStore } from 'aun-keystore-fs';
import { assembleEnvironment, borrowed, leased } from '../assemble-environment.js';
import type { Environment } from '../environment.js';
import { asyncPorts, isSyncKeyStore, syncPorts } from '../store/key-store-ports.js';
import type { StoreSettings } from '../store/options.js';
import { makeAid } from './aid.js';
import { debugLogger } from './debug-logger.js';
import { dnsMemory } from './dns-memory.js';

/** Absolute root of a keystore: `~` is the home directory, empty means `~/.aun` (07 §3.1). */
export const expandAunPath = (path: string): string => {
  if (path === '') return join(homedir(), '.aun');
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  return resolve(path);
};

const readRootCa = (path: string | null): string[] => {
  if (path === null) return [];
  try {
    return [readFileSync(expandAunPath(path), 'utf8')];
  } catch (error) {
    throw new ValidationError(`rootCaPath: ${path} cannot be read`, {
      data: { field: 'rootCaPath' },
      cause: error,
    });
  }
};

const readPinned = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Nothing is pinned: then an authority has to be given with the call.
    return null;
  }
};

export type NodeEnvironment = {
  readonly environment: Environment;
  readonly keys: KeyStore;
  /** Releases a key store of ours; one that was given stays open. */
  readonly closeKeys: () => void;
};

/**
 * Everything a store in Node works with. Reads `rootCaPath`, touches nothing else.
 * @throws {ValidationError} when `rootCaPath` cannot be read
 */
export const nodeEnvironment = (settings: StoreSettings, ownLogger: Logger | undefined): NodeEnvironment => {
  const aunPath = expandAunPath(settings.aunPath);
  const logger = ownLogger ?? debugLogger(aunPath, settings.debug, systemClock);
  const given = settings.keyStore;
  const files = new FsKeyStore({ path: aunPath, seed: settings.encryptionSeed, logger });
  const keys = given ?? files;
  const environment = assembleEnvironment(settings, {
    aunPath,
    verifySsl: settings.verifySsl,
    roots: [...readRootCa(settings.rootCaPath), ...(settings.rootCaPem === null ? [] : [settings.rootCaPem])],
    logger,
    network: dnsMemory({ keys, clock: systemClock, logger }),
    keyStorePorts: isSyncKeyStore(keys)
      ? syncPorts(keys, settings.deviceId)
      : asyncPorts(keys, settings.deviceId),
    authorityPem: () =>
      given === null ? readPinned(join(aunPath, 'CA', 'authority', 'authority.crt')) : null,
    onHidden: () => () => undefined,
    makeAid,
    openStateStore: () =>
      given === null ? leased(new FsKeyStore({ path: aunPath, seed: '', logger })) : borrowed(given),
  });
  return { environment, keys, closeKeys: () => files.closeSync() };
};
