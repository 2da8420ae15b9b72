import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Logger, systemClock, ValidationError } from 'aun-core';
import { FsKeyStore } from 'aun-keystore-fs';
import { createHttpClient, GatewayDiscovery, type NetworkOptions, platformWakeUp } from 'aun-transport';
import type { Environment } from '../environment.js';
import { socketPreAuth } from '../session/pre-auth.js';
import type { StoreSettings } from '../store/options.js';
import { CertificateVerifier } from '../trust/certificate-verifier.js';
import { GatewayContact } from '../trust/gateway-contact.js';
import { PkiClient } from '../trust/pki-client.js';
import { TrustAnchors } from '../trust/trust-anchors.js';
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
    return [readFileSync(path, 'utf8')];
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

export type NodeEnvironment = { readonly environment: Environment; readonly keys: FsKeyStore };

/**
 * Everything a store in Node works with. Reads `rootCaPath`, touches nothing else.
 * @throws {ValidationError} when `rootCaPath` cannot be read
 */
export const nodeEnvironment = (settings: StoreSettings, given: Logger | undefined): NodeEnvironment => {
  const clock = systemClock;
  const aunPath = expandAunPath(settings.aunPath);
  const logger = given ?? debugLogger(aunPath, settings.debug, clock);
  const keys = new FsKeyStore({ path: aunPath, seed: settings.encryptionSeed, logger });
  const roots = [
    ...readRootCa(settings.rootCaPath),
    ...(settings.rootCaPem === null ? [] : [settings.rootCaPem]),
  ];
  const network: NetworkOptions = {
    ...dnsMemory({ keys, clock, logger }),
    tls: { verify: settings.verifySsl, ...(roots.length === 0 ? {} : { caPem: roots.join('\n') }) },
  };
  const http = createHttpClient(network);
  const anchors = new TrustAnchors(roots, () => keys.loadTrustBundleSync());
  const pki = new PkiClient(http, clock);
  let deviceId = settings.deviceId;
  const environment: Environment = {
    aunPath,
    get deviceId() {
      deviceId ??= keys.deviceIdSync();
      return deviceId;
    },
    slotId: settings.slotId,
    verifySsl: settings.verifySsl,
    rootCaPath: settings.rootCaPath,
    debug: settings.debug,
    discoveryPort: settings.discoveryPort,
    gatewayUrl: settings.gatewayUrl,
    custodyUrl: settings.custodyUrl,
    clock,
    jitter: Math.random,
    logger,
    http,
    network,
    wakeUp: platformWakeUp,
    discovery: new GatewayDiscovery({
      http,
      verifySsl: settings.verifySsl,
      port: settings.discoveryPort,
      clock,
      logger,
    }),
    anchors,
    contact: new GatewayContact(),
    authorityPem: () => readPinned(join(aunPath, 'CA', 'authority', 'authority.crt')),
    pki,
    verifier: new CertificateVerifier(pki, anchors, clock, logger, settings.strictRevocation),
    preAuth: socketPreAuth(network, clock),
    openStateStore: () => new FsKeyStore({ path: aunPath, seed: '', logger }),
  };
  return { environment, keys };
};
