import type { Aid, JsonObject } from 'aun-core';

export type ConnectionKind = 'long' | 'short';

export interface DeliveryMode {
  readonly mode: 'fanout' | 'queue';
  readonly routing: '' | 'round_robin' | 'sender_affinity';
  readonly affinityTtlMs: number;
}

/** Where a call comes from that another gateway relayed for its agent: the `_federation` of 02 §20.4. */
export interface FederationOrigin {
  readonly fromIssuer: string;
  readonly relayId: string;
  /** When the agent's own gateway took the call, Unix ms. */
  readonly acceptedAt: number;
}

/** An authenticated connection as services see it (02 §4.6). Immutable. */
export interface SessionInfo {
  readonly connectionId: string;
  readonly aid: Aid;
  readonly role: 'aid';
  readonly deviceId: string;
  /** Exact slot string as declared; for display and notify addressing. */
  readonly slotId: string;
  /** Text of `slotId` before the first `/`, `:` or space (02 §12.1); replacement and cursors use it. */
  readonly slotKey: string;
  readonly kind: ConnectionKind;
  readonly shortTtlMs: number;
  readonly deliveryMode: DeliveryMode;
  readonly extraInfo: JsonObject | null;
  readonly sdkLang: string;
  readonly sdkVersion: string;
  /** Unix milliseconds. */
  readonly connectedAt: number;
  readonly remoteAddress: string;
  /** `jti` of the access token, or '' when the token has none. */
  readonly tokenId: string;
  /** Set when this stands for an agent of another gateway; then there is no connection. */
  readonly federation?: FederationOrigin;
}
