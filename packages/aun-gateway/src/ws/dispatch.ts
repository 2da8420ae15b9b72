import { CloseCode, type Logger, RpcCode } from 'aun-core';
import type { Acceptor } from '../federation/acceptor.js';
import type { RpcErrorBody } from '../rpc/failure.js';
import {
  type BadFrame,
  type InboundFrame,
  type NotificationFrame,
  type RequestFrame,
  readFrame,
} from '../rpc/frame.js';
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

const PING = 'meta.ping';

export interface DispatchDeps {
  readonly router: Router;
  readonly index: SessionIndex;
  readonly log: Logger;
  /** Serves a notification; nothing is ever answered (02 §3.4). */
  readonly notification: (frame: NotificationFrame, session: SessionInfo) => void;
  /** Seconds an address has to wait before its next frame without session; 0 = admitted. The router asks for its requests. */
  readonly admitAnonymous: (address: string) => number;
  /** Serves other gateways (02 §20.4); undefined: none are. */
  readonly federation?: Acceptor | undefined;
}

/** From one received text to the answer on the same socket. */
export function createDispatch(deps: DispatchDeps) {
  const { admitAnonymous, federation, router, index, log, notification } = deps;

  /** What follows an answer, or answers nothing, must never take the process down. */
  const guarded = (task: () => void, what: string): void => {
    try {
      task();
    } catch (error) {
      log.error(`${what} failed`, { error });
    }
  };

  const countMalformed = (connection: WireConnection): void => {
    connection.malformedFrames += 1;
    if (connection.malformedFrames >= MAX_MALFORMED) {
      connection.closeAfter(CloseCode.protocolError, 'too many malformed frames', 0);
    }
  };

  const refuse = (connection: WireConnection, frame: BadFrame): void => {
    connection.send(errorText(frame.id, frame.failure.toBody()), 'answer');
    if (frame.malformed) countMalformed(connection);
  };

  /** What a stranger sends besides requests keeps no socket open; whatever is wrong with it is counted (02 §3.1, §4.1). */
  const noRequest = (connection: WireConnection, frame: Exclude<InboundFrame, RequestFrame>): void => {
    const isFlood = admitAnonymous(connection.remoteAddress) > 0;
    if (frame.kind === 'bad') connection.send(errorText(frame.id, frame.failure.toBody()), 'answer');
    if (frame.kind !== 'notification') countMalformed(connection);
    else if (isFlood) connection.closeAfter(CloseCode.authTimeout, 'too many frames without session', 0);
  };

  const reply = (connection: WireConnection, { method }: RequestFrame, answer: RpcAnswer): void => {
    connection.send(answer.text, 'answer');
    for (const task of answer.afterReply) guarded(task, `work after ${method}`);
  };

  const overloaded = (connection: WireConnection, frame: RequestFrame, most: number): boolean => {
    if (connection.inFlight < most || frame.method === PING) return false;
    const error = {
      code: RpcCode.rateLimited,
      message: `rate limited: more than ${most} requests in flight on this connection`,
      data: { retry_after: 0.1 },
    };
    connection.send(errorText(frame.id, error), 'answer');
    return true;
  };

  const isPeer = ({ id }: WireConnection): boolean => federation?.isPeer(id) === true;

  /** Why a socket that is no peer may not send this federation.* request; null for the hello that makes it one. */
  const notForClients = (connection: WireConnection, { method }: RequestFrame): RpcErrorBody | null => {
    const forbidden = {
      code: RpcCode.permissionDenied,
      message: 'permission_denied: federation.* is for gateways',
    };
    if (index.byConnection(connection.id) !== undefined) return forbidden;
    const retryAfter = admitAnonymous(connection.remoteAddress);
    if (retryAfter > 0) {
      const message = `rate limited: too many requests, retry in ${retryAfter} s`;
      return { code: RpcCode.rateLimited, message, data: { retry_after: retryAfter } };
    }
    if (method === 'federation.hello') return federation === undefined ? forbidden : null;
    const message = `authentication required: ${method} is for gateways after federation.hello`;
    return { code: RpcCode.authenticationRequired, message };
  };

  const servePeer = (connection: WireConnection, frame: RequestFrame): void => {
    const refused = isPeer(connection) ? null : notForClients(connection, frame);
    if (refused !== null) {
      connection.send(errorText(frame.id, refused), 'answer');
      return;
    }
    if (federation === undefined || overloaded(connection, frame, MAX_PEER_IN_FLIGHT)) return;
    connection.inFlight += 1;
    void federation.serve(frame, connection).then((text) => {
      connection.inFlight -= 1;
      connection.send(text, 'answer');
    });
  };

  const serve = (connection: WireConnection, frame: RequestFrame, now: number): void => {
    connection.requests += 1;
    if (frame.method.startsWith('federation.') || isPeer(connection)) {
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
    if (frame.kind === 'request') {
      connection.lastActivityAt = now;
      serve(connection, frame, now);
      return;
    }
    const session = index.byConnection(connection.id);
    if (session === undefined && !isPeer(connection)) {
      noRequest(connection, frame);
      return;
    }
    if (frame.kind === 'bad') {
      refuse(connection, frame);
      return;
    }
    connection.lastActivityAt = now;
    if (frame.kind === 'notification' && session)
      guarded(() => notification(frame, session.info), frame.method);
  };
}
