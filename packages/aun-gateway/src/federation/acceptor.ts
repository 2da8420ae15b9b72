import { type Clock, CloseCode, type JsonObject, type Logger, RpcCode } from 'aun-core';
import { signProof, verifyProof } from 'aun-pki';
import type { Authorities } from '../ca/authorities.js';
import { checkParams } from '../rpc/check-params.js';
import { RpcFailure } from '../rpc/failure.js';
import type { RequestFrame } from '../rpc/frame.js';
import { sliceElements, sliceMember } from '../rpc/json-slice.js';
import { errorText, resultText } from '../rpc/respond.js';
import type { AuditLog } from '../services/auth/audit-log.js';
import type { EventAcceptor } from './events.js';
import { type GatewayIdentities, gatewayAidOf } from './gateway-identities.js';
import {
  HELLO_WINDOW_MS,
  type Hello,
  helloAckText,
  helloSchema,
  helloText,
  MAX_BATCH,
  MAX_FRAME,
  PROTOCOL,
  speaksOurs,
} from './hello.js';
import { federatedNamespaces } from './method-homes.js';
import type { PeerList } from './peer-list.js';
import type { PeerTrust } from './peer-trust.js';
import type { AcceptedPeer, RelayAcceptor } from './relay-acceptor.js';
import { batchSchema } from './relay-frame.js';

const FLUSH_MS = 100;
const HEARTBEAT_SECONDS = 30;

/** A socket as the acceptor sees it. */
export interface AcceptedSocket {
  readonly id: string;
  readonly nonce: string;
  /** Requests that came on it, this one included. */
  readonly requests: number;
  closeAfter(code: number, reason: string, delayMs: number): void;
}

export interface AcceptorDeps {
  readonly authorities: Authorities;
  readonly identities: GatewayIdentities;
  readonly peers: PeerList;
  readonly trust: PeerTrust;
  readonly relay: RelayAcceptor;
  readonly events: EventAcceptor;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditLog;
  /** An issuer has proved itself to us. */
  readonly onAccepted: (issuer: string) => void;
}

/** The side of federation that listens: other gateways come to our sockets (02 §20.4). */
export interface Acceptor {
  isPeer(connectionId: string): boolean;
  /** Serves a request on a socket without client session. Gives the answer's text; never rejects. */
  serve(frame: RequestFrame, socket: AcceptedSocket): Promise<string>;
  closed(connectionId: string): void;
}

/** A hello that is not accepted, with the close code that follows. */
class HelloRefused extends RpcFailure {
  readonly closeCode: number;

  constructor(reason: string, sentence: string, closeCode: number = CloseCode.authFailed) {
    super(RpcCode.federationRefused, `${reason}: ${sentence}`);
    this.closeCode = closeCode;
  }
}

export const createAcceptor = (deps: AcceptorDeps): Acceptor => {
  const { audit, authorities, clock, identities, log, peers, trust } = deps;
  const accepted = new Map<string, AcceptedPeer>();
  /** Sockets whose one hello was used up. */
  const greeted = new Set<string>();

  const checkHello = (hello: Hello, socket: AcceptedSocket): void => {
    const { from_issuer: from, to_issuer: to } = hello;
    if (!speaksOurs(hello.protocol)) throw new HelloRefused('protocol', `we speak ${PROTOCOL}`);
    if (!authorities.serves(to)) throw new HelloRefused('wrong_issuer', `${to} is not served here`);
    if (authorities.serves(from)) throw new HelloRefused('wrong_issuer', `${from} is served here`);
    if (!peers.allows(from))
      throw new HelloRefused('acl_denied', `${from} is not welcome`, CloseCode.federationDenied);
    if (hello.gateway_aid !== gatewayAidOf(from))
      throw new HelloRefused('wrong_gateway', `gateway_aid must be ${gatewayAidOf(from)}`);
    if (hello.nonce !== socket.nonce)
      throw new HelloRefused('invalid_nonce', 'the nonce is not the one of this socket');
    if (Math.abs(clock.now() - hello.timestamp_ms) > HELLO_WINDOW_MS)
      throw new HelloRefused('expired', 'timestamp_ms is off by more than 300 s');
  };

  const checkProof = async (hello: Hello): Promise<void> => {
    const verified = await trust.verifyPem(hello.cert, hello.cert_chain, {
      issuer: hello.from_issuer,
      aid: hello.gateway_aid,
    });
    if (!verified.ok) throw new HelloRefused('certificate', verified.error.message);
    const text = helloText({
      fromIssuer: hello.from_issuer,
      toIssuer: hello.to_issuer,
      nonce: hello.nonce,
      clientNonce: hello.client_nonce,
      timestampMs: hello.timestamp_ms,
    });
    if (!verifyProof(text, hello.signature, verified.data.publicKey))
      throw new HelloRefused('signature', 'the signature does not fit');
  };

  const acknowledge = async (hello: Hello): Promise<JsonObject> => {
    const { cert, chain, gatewayAid, issuer, key } = await identities.current(hello.to_issuer);
    const timestampMs = clock.now();
    const text = helloAckText({
      fromIssuer: hello.from_issuer,
      toIssuer: hello.to_issuer,
      nonce: hello.nonce,
      clientNonce: hello.client_nonce,
      timestampMs,
    });
    return {
      status: 'ok',
      protocol: PROTOCOL,
      issuer,
      gateway_aid: gatewayAid,
      timestamp_ms: timestampMs,
      cert: cert.pem,
      cert_chain: chain.map(({ pem }) => pem),
      signature: signProof(text, key),
      namespaces: [...federatedNamespaces],
      max_batch: MAX_BATCH,
      max_frame: MAX_FRAME,
      heartbeat_interval: HEARTBEAT_SECONDS,
    };
  };

  const greet = async (params: JsonObject, socket: AcceptedSocket): Promise<JsonObject> => {
    const first = socket.requests === 1 && !greeted.has(socket.id);
    greeted.add(socket.id);
    let from = '';
    try {
      if (!first) throw new HelloRefused('not_first', 'federation.hello must be the first request');
      const hello = checkParams(helloSchema, params) as Hello;
      from = hello.from_issuer;
      checkHello(hello, socket);
      await checkProof(hello);
      const ack = await acknowledge(hello);
      if (greeted.has(socket.id)) {
        accepted.set(socket.id, { fromIssuer: hello.from_issuer, toIssuer: hello.to_issuer });
        audit.record('federation.hello', 'ok', { issuer: from });
        deps.onAccepted(from);
      }
      return ack;
    } catch (error) {
      const code = error instanceof HelloRefused ? error.closeCode : CloseCode.authFailed;
      const reason = error instanceof Error ? error.message : String(error);
      audit.record('federation.hello', 'refused', { issuer: from, reason });
      socket.closeAfter(code, 'federation refused', FLUSH_MS);
      if (error instanceof RpcFailure && error.code !== RpcCode.invalidParams) throw error;
      if (error instanceof RpcFailure) throw new HelloRefused('malformed', error.message);
      throw error;
    }
  };

  const relayBatch = async (peer: AcceptedPeer, frame: RequestFrame): Promise<string> => {
    const { items } = checkParams(batchSchema, frame.params) as { items: unknown[] };
    const texts = sliceElements(sliceMember(sliceMember(frame.text, 'params') ?? '{}', 'items') ?? '[]');
    // Started in their order, so that messages of one sender to one recipient keep theirs.
    const outcomes = items.map(async (item, position) => {
      try {
        return await deps.relay(peer, item, texts[position] ?? '{}');
      } catch (error) {
        if (!(error instanceof RpcFailure)) throw error;
        return JSON.stringify({ relay_id: relayIdOf(item), ok: false, error: error.toBody() });
      }
    });
    return `{"items":[${(await Promise.all(outcomes)).join(',')}]}`;
  };

  const answer = async (frame: RequestFrame, socket: AcceptedSocket): Promise<string> => {
    const { id, method, params } = frame;
    const raw = (text: string): string => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${text}}`;
    if (method === 'federation.hello') return resultText(id, await greet(params, socket));
    const peer = accepted.get(socket.id);
    if (peer === undefined)
      throw new RpcFailure(
        RpcCode.authenticationRequired,
        'authentication required: federation.hello comes first',
      );
    switch (method) {
      case 'federation.relay':
        return raw(await deps.relay(peer, params, sliceMember(frame.text, 'params') ?? '{}'));
      case 'federation.relay_batch':
        return raw(await relayBatch(peer, frame));
      case 'federation.event':
        return resultText(id, deps.events(peer, params));
      case 'meta.ping':
        return resultText(id, { pong: true, timestamp: Math.floor(clock.now() / 1000) });
      default:
        throw new RpcFailure(
          RpcCode.methodNotFound,
          `Method not found: ${method} is not served to other gateways`,
        );
    }
  };

  return {
    isPeer: (connectionId) => accepted.has(connectionId),
    async serve(frame, socket) {
      try {
        return await answer(frame, socket);
      } catch (error) {
        if (error instanceof RpcFailure) return errorText(frame.id, error.toBody());
        log.error('federation frame failed', { method: frame.method, error });
        return errorText(frame.id, {
          code: RpcCode.internalRetryable,
          message: 'internal_retryable: the request could not be completed',
        });
      }
    },
    closed(connectionId) {
      accepted.delete(connectionId);
      greeted.delete(connectionId);
    },
  };
};

const relayIdOf = (item: unknown): string => {
  const id = typeof item === 'object' && item !== null && 'relay_id' in item ? item.relay_id : '';
  return typeof id === 'string' ? id.slice(0, 128) : '';
};
