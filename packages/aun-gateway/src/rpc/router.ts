import type { Clock, JsonObject, JsonValue, Logger } from 'aun-core';
import { RpcCode } from 'aun-core';
import type { SessionInfo } from '../session/session-info.js';
import { asStoreError, StoreError } from '../store/database.js';
import { checkParams, withoutPrivateKeys } from './check-params.js';
import { withDeadline } from './deadline.js';
import { RpcFailure } from './failure.js';
import { FirstOutcomes } from './first-outcomes.js';
import type { RequestFrame } from './frame.js';
import { sliceMember } from './json-slice.js';
import {
  type CallConnection,
  type CallContext,
  hasSession,
  type RpcMethod,
  type RpcReply,
  type SessionCallContext,
} from './method.js';
import { errorText, resultText } from './respond.js';
import type { CallTrace, Tracer } from './trace.js';

/** Who calls, as the connection layer knows it at the moment of dispatch. */
export interface Caller extends CallConnection {
  readonly session: SessionInfo | null;
}

/** The response frame's text, and what has to run once it was handed to the socket. */
export interface RpcAnswer {
  readonly text: string;
  readonly afterReply: readonly (() => void)[];
}

/** `_meta` of a successful response (02 §8); null for none. */
export interface ResponseMeta {
  forResponse(
    session: SessionInfo,
    peer: string | null,
    extra: JsonObject | null,
    nowMs: number,
  ): JsonObject | null;
}

/** Admission of one request: rate limits. Returns seconds to wait when refused, 0 when admitted. */
export interface RequestLimiter {
  admit(session: SessionInfo, method: string): number;
  /** The same for a request before `auth.connect`, by address. */
  admitAnonymous(connection: CallConnection, method: string): number;
}

/** Judges the `client_signature` of a call that carries one (01 §15.4). */
export interface SignatureGate {
  /** How long one signature can be accepted, from first to last. */
  readonly validMs: number;
  /** A text that names this signed call, null for an unsigned one. @throws RpcFailure -32051, -32050 */
  check(ctx: SessionCallContext, method: RpcMethod): string | null;
}

export interface RouterDeps {
  readonly methods: readonly RpcMethod[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly deadlineMs: number;
  readonly tracer: Tracer;
  readonly meta: ResponseMeta;
  readonly limiter: RequestLimiter;
  readonly signatures: SignatureGate;
  readonly onServed?: (method: string, code: number, milliseconds: number) => void;
}

export interface Router {
  /**
   * Serves one request that arrived at `startedAt` (Unix ms), at once when its handler answers at once. Never throws or rejects: every outcome is a response
   * frame (02 §14).
   */
  serve(request: RequestFrame, caller: Caller, startedAt: number): RpcAnswer | Promise<RpcAnswer>;
}

const indexMethods = (methods: readonly RpcMethod[]): ReadonlyMap<string, RpcMethod> => {
  const index = new Map<string, RpcMethod>();
  for (const method of methods) {
    for (const name of [method.name, ...method.aliases]) {
      if (index.has(name)) throw new Error(`two methods are named ${name}`);
      index.set(name, method);
    }
  }
  return index;
};

const nothing: (() => void)[] = [];

/** The one place where a request is checked, limited, dispatched, timed and answered. */
export function createRouter(deps: RouterDeps): Router {
  const methods = indexMethods(deps.methods);
  const { clock, limiter, log, signatures } = deps;
  const outcomes = new FirstOutcomes(signatures.validMs);

  const resolve = (name: string, session: SessionInfo | null): RpcMethod => {
    const method = methods.get(name);
    if (session === null && method?.session !== false) {
      throw new RpcFailure(
        RpcCode.authenticationRequired,
        `authentication required: call auth.connect before ${name}`,
      );
    }
    if (method === undefined) throw new RpcFailure(RpcCode.methodNotFound, `Method not found: ${name}`);
    return method;
  };

  const refuseFlood = (caller: Caller, name: string): void => {
    const { session } = caller;
    const retryAfter = session === null ? limiter.admitAnonymous(caller, name) : limiter.admit(session, name);
    if (retryAfter > 0) {
      throw new RpcFailure(RpcCode.rateLimited, `rate limited: too many requests, retry in ${retryAfter} s`, {
        retry_after: retryAfter,
      });
    }
  };

  const failureOf = (error: unknown, method: string, trace: CallTrace): RpcFailure => {
    if (error instanceof RpcFailure) return error;
    if (asStoreError(error) instanceof StoreError) {
      log.error('store failed', { method, trace_id: trace.traceId, error });
      return new RpcFailure(
        RpcCode.serviceUnavailable,
        'no_service: the store cannot take this now, try again',
      );
    }
    log.error('rpc handler failed', { method, trace_id: trace.traceId, error });
    return new RpcFailure(
      RpcCode.internalRetryable,
      'internal_retryable: the request could not be completed',
    );
  };

  const now = (): number => clock.now();

  return {
    serve(request, caller, startedAt) {
      const { session } = caller;
      const trace = deps.tracer.begin(request.params, request.method, session?.aid ?? null, startedAt);
      let afterReply: (() => void)[] = nothing;
      let peer: string | null = null;
      let extraMeta: Record<string, JsonValue> | null = null;
      const finish = (code: number, text: string, endedAt: number): RpcAnswer => {
        // Names come from clients: one that nobody serves must not become a label of its own.
        deps.onServed?.(methods.has(request.method) ? request.method : 'unknown', code, endedAt - startedAt);
        return { text, afterReply };
      };
      const succeed = (result: RpcReply): RpcAnswer => {
        const endedAt = now();
        const meta = session === null ? extraMeta : deps.meta.forResponse(session, peer, extraMeta, endedAt);
        const text = resultText(request.id, result, { meta, trace: trace.finish(endedAt, null) });
        return finish(0, text, endedAt);
      };
      const fail = (error: unknown): RpcAnswer => {
        const failure = failureOf(error, request.method, trace);
        const body =
          trace.traceId === null
            ? failure.toBody()
            : { ...failure.toBody(), data: { ...failure.data, trace_id: trace.traceId } };
        const endedAt = now();
        const text = errorText(request.id, body, { trace: trace.finish(endedAt, failure.code) });
        return finish(failure.code, text, endedAt);
      };
      try {
        if (session === null) refuseFlood(caller, request.method);
        const method = resolve(request.method, session);
        if (session !== null) refuseFlood(caller, request.method);
        const rawParams = withoutPrivateKeys(request.params);
        const ctx: CallContext = {
          connection: caller,
          session,
          method: request.method,
          rawParams,
          rawParamsText: () => sliceMember(request.text, 'params') ?? '{}',
          remoteAddress: caller.remoteAddress,
          trace,
          now,
          afterReply: (task) => {
            if (afterReply === nothing) afterReply = [];
            afterReply.push(task);
          },
          setPeer: (aid) => {
            peer = aid;
          },
          addMeta: (key, value) => {
            extraMeta = { ...extraMeta, [key]: value };
          },
        };
        const params = checkParams(method.params, rawParams);
        const signed = hasSession(ctx) ? signatures.check(ctx, method) : null;
        const pending =
          signed !== null && method.mutating
            ? outcomes.run(signed, startedAt, () => method.handle(params, ctx))
            : method.handle(params, ctx);
        if (!(pending instanceof Promise)) return succeed(pending);
        const late = withDeadline(pending, deps.deadlineMs, clock, request.method);
        return late.then(succeed).catch(fail);
      } catch (error) {
        return fail(error);
      }
    },
  };
}
