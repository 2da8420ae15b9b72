import { CloseCode, type Logger, RpcCode } from 'aun-core';
import type { Acceptor } from '../federation/acceptor.js';
import { type InboundFrame, type NotificationFrame, type RequestFrame, readFrame } from '../rpc/frame.js';
import { errorText } from '../rpc/respond.js';
import type { Router, RpcAnswer } from '../rpc/router.js';
import type { SessionIndex } from '../session/session-index.js';
import type { SessionInfo } from '../session/session-info.js';
import type { WireConnection } from './wire-connection.js';

const MAX_MALFORMED = 5;
/** 16 in flight and 32 waiting are what clients may have (02 §16); more is answered with -32029. */
const MAX_IN_FLIGHT = 48;
/** Another gateway keeps to 64 (02 §20.4). */
const MAX_PEER_IN_FLIGHT = 96;

export interface DispatchDeps {
  readonly router: Router;
  readonly index: SessionIndex;
  readonly log: Logger;
  /** Serves a notification; nothing is ever answered (02 §3.4). */
  readonly notification: (frame: NotificationFrame, session: SessionInfo) => void;
  /** Serves other gateways (02 §20.4); undefined: none are. */
  readonly federation?: Acceptor | undefined;
}

/** From one received text to the answer on the same socket. */
export function createDispatch({ federation, router, index, log, notification }: DispatchDeps) {
  /** What follows an answer, or answers nothing, must never take the process down. */
  const guarded = (task: () => void, what: string): void => {
    try {
      task();
    } catch (error) {
      log.error(`${what} failed`, { error });
    }
  };

  const refuse = (connection: WireConnection, frame: Extract<InboundFrame, { kind: 'bad' }>): void => {
    connection.send(errorText(frame.id, frame.failure.toBody()), 'answer');
    if (!frame.malformed) return;
    connection.malformedFrames += 1;
    if (connection.malformedFrames >= MAX_MALFORMED) {
      connection.closeAfter(CloseCode.protocolError, 'too many malformed frames', 0);
    }
  };

  const reply = (connection: WireConnection, { method }: RequestFrame, answer: RpcAnswer): void => {
    connection.send(answer.text, 'answer');
    for (const task of answer.afterReply) guarded(task, `work after ${method}`);
  };

  const overloaded = (connection: WireConnection, frame: RequestFrame, most: number): boolean => {
    if (connection.inFlight < most) return false;
    const error = {
      code: RpcCode.rateLimited,
      message: `rate limited: more than ${most} requests in flight on this connection`,
      data: { retry_after: 0.1 },
    };
    connection.send(errorText(frame.id, error), 'answer');
    return true;
  };

  const servePeer = (connection: WireConnection, frame: RequestFrame): void => {
    if (federation === undefined || index.byConnection(connection.id) !== undefined) {
      const message = 'permission_denied: federation.* is for gateways';
      connection.send(errorText(frame.id, { code: RpcCode.permissionDenied, message }), 'answer');
      return;
    }
    if (overloaded(connection, frame, MAX_PEER_IN_FLIGHT)) return;
    connection.inFlight += 1;
    void federation.serve(frame, connection).then((text) => {
      connection.inFlight -= 1;
      connection.send(text, 'answer');
    });
  };

  const serve = (connection: WireConnection, frame: RequestFrame, now: number): void => {
    connection.requests += 1;
    if (frame.method.startsWith('federation.') || federation?.isPeer(connection.id) === true) {
      servePeer(connection, frame);
      return;
    }
    if (overloaded(connection, frame, MAX_IN_FLIGHT)) return;
    const session = index.byConnection(connection.id)?.info ?? null;
    const { id, nonce, remoteAddress } = connection;
    const answer = router.serve(frame, { id, nonce, remoteAddress, session }, now);
    if (!(answer instanceof Promise)) {
      reply(connection, frame, answer);
      return;
    }
    connection.inFlight += 1;
    void answer.then((late) => {
      connection.inFlight -= 1;
      reply(connection, frame, late);
    });
  };

  return (connection: WireConnection, text: string, now: number): void => {
    const frame = readFrame(text);
    if (frame.kind === 'bad') {
      refuse(connection, frame);
      return;
    }
    connection.lastActivityAt = now;
    if (frame.kind === 'silent') return;
    if (frame.kind === 'request') {
      serve(connection, frame, now);
      return;
    }
    const session = index.byConnection(connection.id);
    if (session) guarded(() => notification(frame, session.info), frame.method);
  };
}
