import type { JsonObject } from 'aun-core';
import type { SessionCallContext } from '../rpc/method.js';
import type { RawJson } from '../rpc/raw-json.js';
import type { OutboundEvent } from './event-sender.js';

/** A message for another domain, to be handed over or kept. */
export interface ForeignMessage {
  readonly to: string;
  readonly messageId: string;
  readonly relayId: string;
  /** Unix ms; after it delivery is given up. */
  readonly expiresAt: number;
  /** Joins the transaction that keeps it. */
  readonly alsoWrite: () => void;
}

export type ForeignSent =
  | { readonly kind: 'answered'; readonly result: RawJson; readonly fields: JsonObject }
  | { readonly kind: 'stored'; readonly duplicate: boolean };

/** What services may ask of other domains. */
export interface FederationPort {
  /** The issuer has its home elsewhere. */
  isForeign(issuer: string): boolean;
  /** A relay id that nobody had; its UUID is the id of a message that has none. */
  newRelayId(): string;
  /**
   * The call of `ctx` at the issuer's gateway, with these params text instead of its own if given. The result is the
   * foreign one plus `cross_domain` and `target_issuer` (02 §20.1).
   * @throws RpcFailure -32010, -32011, -32012, or the foreign refusal with `data.remote_issuer`
   */
  relay(issuer: string, ctx: SessionCallContext, paramsText?: string): Promise<RawJson>;
  /** Hands over or keeps a `message.send`. @throws RpcFailure like `relay` */
  send(message: ForeignMessage, ctx: SessionCallContext): Promise<ForeignSent>;
  /** Takes back a message that is still here. */
  cancel(fromAid: string, messageId: string, toAid: string): Promise<boolean>;
  event(event: OutboundEvent): void;
  /**
   * The checks of a relay for a call between two issuers of this process, which takes no way (02 §20.4, last line).
   * @throws RpcFailure -32012, -32029
   */
  checkInside(ctx: SessionCallContext, toIssuer: string, isMessage: boolean): void;
  /** A message went to another domain (or will); for recalls. Inside a transaction. */
  noteSent(fromAid: string, messageId: string, toAid: string, expiresAt: number): void;
  /** Foreign recipients of a message. */
  recipientsOf(fromAid: string, messageId: string): readonly string[];
}

/** Message id for a message without one that came through a relay: the same for every attempt. */
export const messageIdOfRelay = (relayId: string): string => relayId.replace(/^r-/, '');
