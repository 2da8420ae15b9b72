import { type KeyStore, type Logger, systemClock } from 'aun-core';
import { createHttpClient, GatewayDiscovery, type NetworkOptions, platformWakeUp } from 'aun-transport';
import type { Environment, StateStoreLease } from './environment.js';
import { socketPreAuth } from './session/pre-auth.js';
import type { KeyStorePorts } from './store/key-store-ports.js';
import type { StoreSettings } from './store/options.js';
import { CertificateVerifier } from './trust/certificate-verifier.js';
import { GatewayContact } from './trust/gateway-contact.js';
import { PkiClient } from './trust/pki-client.js';
import { TrustAnchors } from './trust/trust-anchors.js';

/** What platforms do differently. */
export type PlatformParts = {
  readonly aunPath: string;
  readonly verifySsl: boolean;
  /** PEM texts of `rootCaPath` and `rootCaPem`. */
  readonly roots: readonly string[];
  readonly logger: Logger;
  /** Name look-up; TLS rules are added here. */
  readonly network: NetworkOptions;
  readonly keyStorePorts: KeyStorePorts;
  readonly authorityPem: () => string | null;
  readonly onHidden: Environment['onHidden'];
  readonly makeAid: Environment['makeAid'];
  readonly openStateStore: () => StateStoreLease;
};

/** The environment of a store, from its options and what its platform gives. Touches neither disk nor network. */
export const assembleEnvironment = (settings: StoreSettings, platform: PlatformParts): Environment => {
  const clock = systemClock;
  const { logger, roots, keyStorePorts, verifySsl } = platform;
  const network: NetworkOptions = {
    ...platform.network,
    tls: { verify: verifySsl, ...(roots.length === 0 ? {} : { caPem: roots.join('\n') }) },
  };
  const http = createHttpClient(network);
  const anchors = new TrustAnchors(roots, keyStorePorts.learned);
  const pki = new PkiClient(http, clock);
  // In browsers `verifySsl: false` changes only the order of discovery (07 §12).
  const discoverStrictly = settings.verifySsl;
  return {
    aunPath: platform.aunPath,
    get deviceId() {
      return keyStorePorts.deviceId();
    },
    slotId: settings.slotId,
    verifySsl,
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
    onHidden: platform.onHidden,
    discovery: new GatewayDiscovery({
      http,
      verifySsl: discoverStrictly,
      port: settings.discoveryPort,
      clock,
      logger,
    }),
    anchors,
    contact: new GatewayContact(),
    authorityPem: platform.authorityPem,
    pki,
    verifier: new CertificateVerifier(pki, anchors, clock, logger, settings.strictRevocation),
    preAuth: socketPreAuth(network, clock),
    makeAid: platform.makeAid,
    prepare: keyStorePorts.prepare,
    openStateStore: platform.openStateStore,
  };
};

/** A key store of the application's own: used as it is, and never closed by us. */
export const borrowed = (keys: KeyStore): StateStoreLease => ({ keys, close: async () => undefined });

/** A key store opened for one session. */
export const leased = (keys: KeyStore): StateStoreLease => ({ keys, close: () => keys.close() });
