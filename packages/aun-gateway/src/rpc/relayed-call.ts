import { type Clock, type JsonObject, type Logger, RpcCode } from 'aun-core';
import type { SessionInfo } from '../session/session-info.js';
import { asStoreError, StoreError } from '../store/database.js';
import { checkParams, withoutPrivateKeys } from './check-params.js';
import { withDeadline } from './deadline.js';
import { RpcFailure } from './failure.js';
import type { RpcMethod, RpcReply, SessionCallContext } from './method.js';
import type { SignatureGate } from './router.js';
import type { TraceContext } from './trace.js';

/** A call that another gateway passes on for one of its agents (02 §20.4). */
export interface RelayedCall {
  readonly method: string;
  readonly params: JsonObject;
  readonly paramsText: string;
  /** Stands for the agent; its `federation` says where it comes from. */
  readonly session: SessionInfo;
  readonly trace: TraceContext;
}

/** Runs relayed calls like those of our own clients: same schema, same signature rules, same handlers. @throws RpcFailure */
export type RelayedCalls = (call: RelayedCall) => Promise<RpcReply>;

export const createRelayedCalls = (deps: {
  readonly methods: readonly RpcMethod[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly deadlineMs: number;
  readonly signatures: SignatureGate;
}): RelayedCalls => {
  const { clock, log, signatures } = deps;
  const methods = new Map(deps.methods.map((method) => [method.name, method]));

  const failureOf = (error: unknown, method: string): RpcFailure => {
    if (error instanceof RpcFailure) return error;
    log.error('relayed call failed', { method, error });
    return asStoreError(error) instanceof StoreError
      ? new RpcFailure(RpcCode.serviceUnavailable, 'no_service: the store cannot take this now, try again')
      : new RpcFailure(RpcCode.internalRetryable, 'internal_retryable: the request could not be completed');
  };

  return async ({ method: name, params, paramsText, session, trace }) => {
    try {
      const method = methods.get(name);
      if (method === undefined) throw new RpcFailure(RpcCode.methodNotFound, `Method not found: ${name}`);
      const rawParams = withoutPrivateKeys(params);
      const afterReply: (() => void)[] = [];
      const ctx: SessionCallContext = {
        connection: { id: session.connectionId, nonce: '', remoteAddress: session.remoteAddress },
        session,
        method: name,
        rawParams,
        rawParamsText: () => paramsText,
        remoteAddress: session.remoteAddress,
        trace,
        now: () => clock.now(),
        afterReply: (task) => void afterReply.push(task),
        setPeer: () => {},
        addMeta: () => {},
      };
      const checked = checkParams(method.params, rawParams);
      signatures.check(ctx, method);
      const pending = method.handle(checked, ctx);
      const reply =
        pending instanceof Promise ? await withDeadline(pending, deps.deadlineMs, clock, name) : pending;
      for (const task of afterReply) setImmediate(task);
      return reply;
    } catch (error) {
      throw failureOf(error, name);
    }
  };
};
