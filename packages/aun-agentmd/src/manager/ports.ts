import type { AgentMdStore, Clock, Logger } from 'aun-core';
import type { Certificate } from 'aun-pki';

export interface AgentMdHttpRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  /** Largest answer in bytes. */
  readonly maxBytes: number;
  /** How many redirects may be followed. */
  readonly redirects: number;
}

export interface AgentMdHttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** HTTP as the manager needs it; the client of aun-transport fits. Any status fulfils, no answer rejects. */
export interface AgentMdHttp {
  request(request: AgentMdHttpRequest): Promise<AgentMdHttpResponse>;
}

/** `found: false`: there is none that may be used; `reason` becomes the reason of the status `invalid`. */
export type CertificateAnswer =
  | { readonly found: true; readonly certificate: Certificate }
  | { readonly found: false; readonly reason: string };

/**
 * Finds the certificate of an AID, by fingerprint (certificate or key, 64 or 16 digits) or the active one when it is
 * `null`; it must be verified up to a trusted root, expired ones included (09 §7.4). Rejects when the network fails.
 * The usual reason is `certificate not found`.
 */
export type CertificateLookup = (aid: string, fingerprint: string | null) => Promise<CertificateAnswer>;

/** What the manager works with; all of it injected. */
export interface AgentMdPorts {
  readonly storage: AgentMdStore;
  readonly http: AgentMdHttp;
  /** URL of the card of an AID (09 §4); see `agentMdUrl`. */
  readonly urlOf: (aid: string) => string | Promise<string>;
  readonly findCertificate: CertificateLookup;
  /** The AID this process speaks for, if any. */
  readonly ownAid?: (() => string | null) | undefined;
  /** Is this one of the AIDs whose keys are here, for `in_sync` of a download? Default: it is the one of `ownAid`. */
  readonly isOwn?: ((aid: string) => boolean | Promise<boolean>) | undefined;
  /**
   * Does the storage know this AID already? A failed request leaves no trace of one it does not know. Default: yes.
   */
  readonly isKnown?: ((aid: string) => boolean | Promise<boolean>) | undefined;
  /** Told after every successful download that traffic caused (09 §8.2), not after those that were asked for. */
  readonly onUpdated?: ((aid: string, etag: string) => void) | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
  readonly logger?: Logger | undefined;
}
