import { type Clock, CloseCode, type Logger } from 'aun-core';
import { LRUCache } from 'lru-cache';
import { type AdmissionLimits, admit } from './admission.js';
import { frameBudgetOf } from './frame-budget.js';
import { kick } from './kick.js';
import type { ConnectionPort, LiveSession } from './live-session.js';
import { createSessionIndex, type SessionIndex } from './session-index.js';
import type { SessionInfo } from './session-info.js';
import { watchShortIdle } from './short-idle.js';

/** Told about sessions as they come and go. */
export interface SessionListener {
  /** The answer to `auth.connect` is on its way: the session may receive events from now on. */
  sessionReady?(session: LiveSession): void;
  sessionGone?(session: LiveSession): void;
}

/** Connections that became sessions: admission, replacement, quotas, presence (02 §12). */
export interface Sessions {
  readonly index: SessionIndex;
  /** A socket was opened; it is known by its id from now on. */
  opened(port: ConnectionPort): void;
  /** A socket is gone, with the close code its peer gave. */
  closed(connectionId: string, code: number): void;
  /**
   * Judges whether `admit` would take it now, without any effect.
   * @throws RpcFailure see `admit`
   */
  judge(info: SessionInfo): void;
  /**
   * Registers an authenticated connection and kicks those it displaces. Synchronous, hence atomic per AID.
   * @throws RpcFailure see `admit`
   */
  admit(info: SessionInfo): LiveSession;
  /** Marks the session as ready for events. */
  activate(session: LiveSession): void;
  portOf(connectionId: string): ConnectionPort | undefined;
  /** Kicks every connection of an AID. */
  kickAid(aid: string, code: number, reason: string): void;
  listen(listener: SessionListener): void;
}

const REMEMBERED_DEVICES = 10_000;

export function createSessions(deps: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: AdmissionLimits;
}): Sessions {
  const { clock, log } = deps;
  const index = createSessionIndex();
  const ports = new Map<string, ConnectionPort>();
  const listeners: SessionListener[] = [];
  const diedOfLargeFrame = new LRUCache<string, true>({ max: REMEMBERED_DEVICES });

  const remove = (session: LiveSession): void => {
    if (!index.remove(session)) return;
    for (const listener of listeners) listener.sessionGone?.(session);
  };

  const deviceKey = (info: SessionInfo): string => `${info.aid}\n${info.deviceId}`;

  return {
    index,
    opened: (port) => void ports.set(port.id, port),
    closed(connectionId, code) {
      ports.delete(connectionId);
      const session = index.byConnection(connectionId);
      if (!session) return;
      if (code === CloseCode.tooBig) diedOfLargeFrame.set(deviceKey(session.info), true);
      remove(session);
    },
    judge: (info) => void admit(index, info, deps.limits),
    admit(info) {
      const port = ports.get(info.connectionId);
      if (!port) throw new Error(`connection ${info.connectionId} is gone`);
      for (const { session, code, reason, detail } of admit(index, info, deps.limits)) {
        log.info('session displaced', { aid: info.aid, connection: session.info.connectionId, code });
        remove(session);
        kick(session.port, code, reason, detail);
      }
      const session: LiveSession = {
        info,
        port,
        frameBudget: frameBudgetOf(info.sdkLang, diedOfLargeFrame.has(deviceKey(info))),
        ready: false,
      };
      index.add(session);
      if (info.kind === 'short')
        watchShortIdle(session, clock, () => index.byConnection(port.id) === session, remove);
      return session;
    },
    activate(session) {
      if (session.ready || index.byConnection(session.info.connectionId) !== session) return;
      session.ready = true;
      for (const listener of listeners) listener.sessionReady?.(session);
    },
    portOf: (connectionId) => ports.get(connectionId),
    kickAid(aid, code, reason) {
      for (const session of [...index.all()]) {
        if (session.info.aid !== aid) continue;
        remove(session);
        kick(session.port, code, reason, { aid });
      }
    },
    listen: (listener) => void listeners.push(listener),
  };
}
