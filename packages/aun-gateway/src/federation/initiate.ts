import { type Clock, isJsonObject, type JsonObject, type RandomBytes, tryParseJson } from 'aun-core';
import { base64UrlEncode } from 'aun-crypto';
import { signProof, verifyProof } from 'aun-pki';
import { type GatewayIdentity, gatewayAidOf } from './gateway-identities.js';
import {
  HELLO_WINDOW_MS,
  type HelloAck,
  helloAckSchema,
  helloAckText,
  helloText,
  MAX_FRAME,
  PROTOCOL,
} from './hello.js';
import { LinkFault } from './link-fault.js';
import type { PeerSocket } from './peer-socket.js';
import type { PeerTrust } from './peer-trust.js';

export interface InitiateDeps {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly trust: PeerTrust;
  readonly timeoutMs: number;
}

/** What the acceptor has told of itself. */
export interface Introduced {
  readonly maxFrame: number;
  readonly maxBatch: number;
}

const refused = (why: string): LinkFault => new LinkFault('refused', why);

/** The next frame that `pick` finds something in. */
const nextFrame = <T>(
  socket: PeerSocket,
  { clock, timeoutMs }: InitiateDeps,
  what: string,
  pick: (frame: JsonObject) => T | undefined,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = clock.setTimeout(
      () => reject(new LinkFault('unreachable', `no ${what} within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const settle = (finish: () => void): void => {
      clock.clearTimeout(timer);
      finish();
    };
    socket.onClose = (code, reason) =>
      settle(() => {
        const text = `closed with ${code} ${reason}`.trim();
        reject(code === 4011 || code === 4001 ? refused(text) : new LinkFault('unreachable', text));
      });
    socket.listen((text) => {
      const frame = tryParseJson(text);
      const found = isJsonObject(frame) ? pick(frame) : undefined;
      if (found !== undefined) settle(() => resolve(found));
    });
  });

const challengeNonce = (frame: JsonObject): string | undefined => {
  const { params } = frame;
  if (frame.method !== 'challenge' || !isJsonObject(params)) return undefined;
  return typeof params.nonce === 'string' ? params.nonce : undefined;
};

/**
 * Introduces one of our gateways to another on a fresh socket, and judges what that one says of itself (02 §20.4).
 * @throws LinkFault `unreachable`, `refused`
 */
export const initiate = async (
  deps: InitiateDeps,
  socket: PeerSocket,
  identity: GatewayIdentity,
  toIssuer: string,
): Promise<Introduced> => {
  const nonce = await nextFrame(socket, deps, 'challenge', challengeNonce);
  const clientNonce = base64UrlEncode(deps.random(32));
  const { cert, chain, gatewayAid, issuer: fromIssuer, key } = identity;
  const timestampMs = deps.clock.now();
  const params = {
    protocol: { min: PROTOCOL, max: PROTOCOL },
    from_issuer: fromIssuer,
    to_issuer: toIssuer,
    gateway_aid: gatewayAid,
    nonce,
    client_nonce: clientNonce,
    timestamp_ms: timestampMs,
    cert: cert.pem,
    cert_chain: chain.map(({ pem }) => pem),
    signature: signProof(helloText({ fromIssuer, toIssuer, nonce, clientNonce, timestampMs }), key),
  };
  const answer = nextFrame(socket, deps, 'answer to federation.hello', (frame) =>
    frame.id === 'f-hello' ? frame : undefined,
  );
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'f-hello', method: 'federation.hello', params }));
  const { error, result } = await answer;
  if (isJsonObject(error)) throw refused(String(error.message ?? error.code));
  const ack = helloAckSchema.safeParse(result);
  if (!ack.success) throw refused('its answer to federation.hello is malformed');
  await judgeAck(deps, ack.data, { fromIssuer, toIssuer, nonce, clientNonce });
  return { maxFrame: Math.min(ack.data.max_frame, MAX_FRAME), maxBatch: ack.data.max_batch };
};

const judgeAck = async (
  { clock, trust }: InitiateDeps,
  ack: HelloAck,
  hello: {
    readonly fromIssuer: string;
    readonly toIssuer: string;
    readonly nonce: string;
    readonly clientNonce: string;
  },
): Promise<void> => {
  const { toIssuer } = hello;
  const aid = gatewayAidOf(toIssuer);
  if (ack.protocol !== PROTOCOL) throw refused(`it speaks protocol ${ack.protocol.slice(0, 16)}`);
  if (ack.issuer !== toIssuer || ack.gateway_aid !== aid)
    throw refused(`it is ${ack.gateway_aid}, not ${aid}`);
  if (Math.abs(clock.now() - ack.timestamp_ms) > HELLO_WINDOW_MS)
    throw refused('its clock is off by more than 300 s');
  const verified = await trust.verifyPem(ack.cert, ack.cert_chain, { issuer: toIssuer, aid });
  if (!verified.ok) throw refused(`certificate of ${aid}: ${verified.error.message}`);
  const signed = helloAckText({ ...hello, timestampMs: ack.timestamp_ms });
  if (!verifyProof(signed, ack.signature, verified.data.publicKey))
    throw refused(`the signature of ${aid} is wrong`);
};
