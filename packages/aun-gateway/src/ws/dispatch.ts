import { CloseCode, type Logger, RpcCode } from 'aun-core';
import { type InboundFrame, type NotificationFrame, type RequestFrame, readFrame } from '../rpc/frame.js';
import { errorText } from '../rpc/respond.js';
import type { Router } from '../rpc/router.js';
import type { SessionIndex } from '../session/session-index.js';
import type { SessionInfo } from '../session/session-info.js';
import type { WireConnection } from './wire-connection.js';

const MAX_MALFORMED = 5;
/** 16 in flight and 32 waiting are what clients may have (02 §16); more is answered with -32029. */
const MAX_IN_FLIGHT = 48;

export interface DispatchDeps {
  readonly router: Router;
  readonly index: SessionIndex;
  readonly log: Logger;
  /** Serves a notification; nothing is ever answered (02 §3.4). */
  readonly notification: (frame: NotificationFrame, session: SessionInfo) => void;
}

/** From one received text to the answer on the same socket. */
export function createDispatch({ router, index, log, notification }: DispatchDeps) {
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

  const serve = async (connection: WireConnection, frame: RequestFrame): Promise<void> => {
    if (connection.inFlight >= MAX_IN_FLIGHT) {
      const error = {
        code: RpcCode.rateLimited,
        message: `rate limited: more than ${MAX_IN_FLIGHT} requests in flight on this connection`,
        data: { retry_after: 0.1 },
      };
      connection.send(errorText(frame.id, error), 'answer');
      return;
    }
    connection.inFlight += 1;
    const session = index.byConnection(connection.id)?.info ?? null;
    const { id, nonce, remoteAddress } = connection;
    const answer = await router.serve(frame, { id, nonce, remoteAddress, session });
    connection.inFlight -= 1;
    connection.send(answer.text, 'answer');
    for (const task of answer.afterReply) guarded(task, `work after ${frame.method}`);
  };

  return (connection: WireConnection, text: string, now: number): void => {
    const frame = readFrame(text);
    if (frame.kind === 'bad') {
      refuse(connection, frame);
      return;
    }
    connection.lastActivityAt = now;
    if (frame.kind === 'request') {
      void serve(connection, frame);
      return;
    }
    const session = index.byConnection(connection.id);
    if (session) guarded(() => notification(frame, session.info), frame.method);
  };
}
