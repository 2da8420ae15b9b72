import type { JsonObject, Logger } from 'aun-core';
import { errorMessage } from '../net/error-code.js';
import type { Trace } from './trace.js';

/** The frame a `_meta` came with. */
export interface MetaSource {
  readonly kind: 'response' | 'event' | 'notification';
  /** RPC method, event name without `event/`, or notification method. */
  readonly method: string;
}

/** What a trace observer of an application gets (07 §10); names as on the wire. */
export type TraceRecord =
  | {
      readonly type: 'rpc';
      readonly method: string;
      readonly trace: Trace;
      readonly status: 'ok' | 'error';
      readonly duration_ms: number;
    }
  | { readonly type: 'event'; readonly event: string; readonly trace: Trace };

/** Looks at what travels beside results and events. Exceptions are logged and never affect a call (02 §8). */
export interface RpcObserver {
  /** `_meta` of successful responses, events and notifications. */
  meta?(meta: JsonObject, source: MetaSource): void;
  trace?(record: TraceRecord): void;
}

/** The observer with exceptions turned into log lines. */
export function guardObserver(observer: RpcObserver | undefined, logger: Logger): Required<RpcObserver> {
  const guarded = (observe: () => void) => {
    try {
      observe();
    } catch (error) {
      logger.error('rpc observer failed', { error: errorMessage(error) });
    }
  };
  return {
    meta: (meta, source) => guarded(() => observer?.meta?.(meta, source)),
    trace: (record) => guarded(() => observer?.trace?.(record)),
  };
}
