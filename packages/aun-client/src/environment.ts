import type { Clock, KeyStore, Logger } from 'aun-core';
import type { GatewayDiscovery, HttpClient, NetworkOptions, WakeUpSource } from 'aun-transport';
import type { AidParts, AnyAid } from './aid.js';
import type { PreAuth } from './session/pre-auth.js';
import type { CertificateVerifier } from './trust/certificate-verifier.js';
import type { GatewayContact } from './trust/gateway-contact.js';
import type { PkiClient } from './trust/pki-client.js';
import type { TrustAnchors } from './trust/trust-anchors.js';

export type StateStoreLease = { readonly keys: KeyStore; readonly close: () => Promise<void> };

/**
 * What a store and every AID and client that come from it share: configuration, network, trust, time. Made by the
 * platform shell; everything above it is the same on every platform.
 */
export interface Environment {
  readonly aunPath: string;
  /** Reading it may create the id on disk (08 §3). Where the store only gives promises, empty until `prepare`. */
  readonly deviceId: string;
  readonly slotId: string;
  readonly verifySsl: boolean;
  readonly rootCaPath: string | null;
  readonly debug: boolean;
  readonly discoveryPort: number | null;
  readonly gatewayUrl: string | null;
  readonly custodyUrl: string | null;
  readonly clock: Clock;
  /** Uniform in [0, 1), for jitter only. */
  readonly jitter: () => number;
  readonly logger: Logger;
  readonly http: HttpClient;
  /** TLS and look-up rules for sockets, equal to those of `http`. */
  readonly network: NetworkOptions;
  readonly wakeUp: WakeUpSource;
  /** Calls the listener when the program may be ended without notice (a page that is hidden or left). */
  readonly onHidden: (listener: () => void) => () => void;
  readonly discovery: GatewayDiscovery;
  readonly anchors: TrustAnchors;
  /** Told when a gateway has answered. */
  readonly contact: GatewayContact;
  /** Certificate of the trust authority pinned on disk; null when there is none. */
  readonly authorityPem: () => string | null;
  readonly pki: PkiClient;
  readonly verifier: CertificateVerifier;
  readonly preAuth: PreAuth;
  /** Makes the AIDs that applications of this platform see. */
  readonly makeAid: (parts: AidParts) => AnyAid;
  /**
   * Reads what is needed without waiting later: device id, learned anchors. Awaited before any work; only the first
   * call does something. Rejects with `KeyStoreError`.
   */
  readonly prepare: () => Promise<void>;
  /** For tokens, cursors, prekeys and cards of one session; where the store is ours it can not open private keys. */
  readonly openStateStore: () => StateStoreLease;
}
