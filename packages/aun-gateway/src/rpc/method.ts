import type { JsonObject, JsonValue } from 'aun-core';
import type { ZodType, z } from 'zod';
import type { SessionInfo } from '../session/session-info.js';
import type { RawJson } from './raw-json.js';
import type { TraceContext } from './trace.js';

export { invalidParams, RpcFailure } from './failure.js';

/** What a handler may know of the connection that carries the call; the socket itself stays in `ws/`. */
export interface CallConnection {
  readonly id: string;
  /** The nonce of this socket's challenge (02 §4.1). */
  readonly nonce: string;
  /** Peer address as the edge saw it: the egress IP of 04 §17. */
  readonly remoteAddress: string;
}

/** Everything a handler gets besides its validated params. */
export interface CallContext {
  readonly connection: CallConnection;
  /** Null before `auth.connect` succeeded on this socket. Caller, device and slot come from here, never from params (02 §4.6). */
  readonly session: SessionInfo | null;
  readonly method: string;
  /** Params as received minus top-level keys starting with `_`; the input of client-signature checks (02 §5.1). */
  readonly rawParams: JsonObject;
  /** JSON text of `params` exactly as received. */
  rawParamsText(): string;
  readonly remoteAddress: string;
  readonly trace: TraceContext;
  /** Unix milliseconds. */
  now(): number;
  /** Runs after the response has been handed to the socket; never before. For events that must follow the answer. */
  afterReply(task: () => void): void;
  /** Names the AID this call is about, for the `peer` role of `_meta` (02 §8). */
  setPeer(aid: string): void;
  /** Adds a member to the response's top-level `_meta` (e.g. `group_indexes`). */
  addMeta(key: string, value: JsonValue): void;
}

/** A context whose session is present; what handlers with `session: true` receive. */
export interface SessionCallContext extends CallContext {
  readonly session: SessionInfo;
}

/** A plain JSON object, or JSON text that was assembled already. */
export type RpcReply = JsonObject | RawJson;

/** One method as the router sees it: params still unchecked. Made by `defineMethod`. */
export interface RpcMethod {
  readonly name: string;
  readonly aliases: readonly string[];
  /** False: served before `auth.connect` too. */
  readonly session: boolean;
  /** It changes something: a repeat with the same client signature gets the first outcome (01 §15.4). */
  readonly mutating: boolean;
  /** The connection says well enough who calls: the ECDSA of its client signature is left out but in `strict` (04 §1.2). */
  readonly trustsConnection: boolean;
  readonly params: ZodType;
  handle(params: unknown, ctx: CallContext): RpcReply | Promise<RpcReply>;
}

interface MethodBase<S extends ZodType> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Default false. */
  readonly mutating?: boolean;
  /** Default false. */
  readonly trustsConnection?: boolean;
  /** Schema of `params`; unknown keys must pass (02 §3.2: unknown params are ignored). */
  readonly params: S;
}

interface SessionMethod<S extends ZodType> extends MethodBase<S> {
  readonly session: true;
  handler(params: z.output<S>, ctx: SessionCallContext): RpcReply | Promise<RpcReply>;
}

interface OpenMethod<S extends ZodType> extends MethodBase<S> {
  readonly session: false;
  handler(params: z.output<S>, ctx: CallContext): RpcReply | Promise<RpcReply>;
}

export const hasSession = (ctx: CallContext): ctx is SessionCallContext => ctx.session !== null;

/**
 * Declares one RPC method: name, params schema, whether a session is needed, and the handler.
 * The router parses params with the schema before the handler runs; a handler refuses by throwing `RpcFailure`.
 */
export function defineMethod<S extends ZodType>(spec: SessionMethod<S> | OpenMethod<S>): RpcMethod {
  return {
    name: spec.name,
    aliases: spec.aliases ?? [],
    session: spec.session,
    mutating: spec.mutating ?? false,
    trustsConnection: spec.trustsConnection ?? false,
    params: spec.params,
    handle(params, ctx) {
      const checked = params as z.output<S>;
      if (!spec.session) return spec.handler(checked, ctx);
      if (!hasSession(ctx)) throw new TypeError(`${spec.name} was called without a session`);
      return spec.handler(checked, ctx);
    },
  };
}
