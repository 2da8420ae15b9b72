import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonObject } from 'aun-core';
import { base64Encode, hexEncode, PrivateKey, randomBytes } from 'aun-crypto';
import { type Certificate, login2ProofText, parseCertificate, signProof, verifyProof } from 'aun-pki';
import { openSocket, preAuthCall, RpcPeer, type SocketOptions } from 'aun-transport';
import { type RawData, WebSocket } from 'ws';
import type { GatewayProcess } from './gateway-process.js';

/** An identity that speaks the protocol itself, without key store and session: what a gateway costs, not a client. */
export interface WireAgent {
  readonly aid: string;
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

export const networkOf = ({ rootCaPath }: GatewayProcess): SocketOptions => ({
  tls: { verify: true, caPem: readFileSync(rootCaPath, 'utf8') },
  timeoutMs: 30_000,
});

const text = (answer: JsonObject, field: string): string => {
  const value = answer[field];
  if (typeof value !== 'string') throw new Error(`no ${field} in ${JSON.stringify(answer)}`);
  return value;
};

const certificateOf = (pem: string): Certificate => {
  const parsed = parseCertificate(pem);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.data;
};

/** `auth.create_aid` with a new key (01 §7). */
export async function registerOnWire(gateway: GatewayProcess, network: SocketOptions): Promise<WireAgent> {
  const key = PrivateKey.generate();
  const aid = `bench-${hexEncode(randomBytes(6))}.${gateway.issuer}`;
  const answer = await preAuthCall(
    gateway.url,
    'auth.create_aid',
    { aid, public_key: base64Encode(key.publicKey.spki), curve: 'P-256' },
    network,
  );
  return { aid, key, certificate: certificateOf(text(answer, 'cert')) };
}

/** Both phases of a login, the proof of the server checked against the certificate it sends; the access token (01 §9). */
export async function loginOnWire(
  { aid, key, certificate }: WireAgent,
  gateway: GatewayProcess,
  network: SocketOptions,
): Promise<string> {
  const clientNonce = base64Encode(randomBytes(12));
  const first = await preAuthCall(
    gateway.url,
    'auth.aid_login1',
    { aid, cert: certificate.pem, client_nonce: clientNonce },
    network,
  );
  const server = certificateOf(text(first, 'auth_cert'));
  if (!verifyProof(clientNonce, text(first, 'client_nonce_signature'), server.publicKey)) {
    throw new Error('the auth service did not prove itself');
  }
  const nonce = text(first, 'nonce');
  const clientTime = String(Math.floor(Date.now() / 1e3));
  const second = await preAuthCall(
    gateway.url,
    'auth.aid_login2',
    {
      aid,
      request_id: text(first, 'request_id'),
      nonce,
      client_time: clientTime,
      signature: signProof(login2ProofText(nonce, clientTime), key),
    },
    network,
  );
  return text(second, 'access_token');
}

export interface Instance {
  readonly deviceId: string;
  readonly slotId: string;
}

/** Numbers 0 to 99 of one agent spread over ten devices and their ten slots. */
export const instanceOf = (number: number): Instance => ({
  deviceId: `device-${Math.floor(number / 10)}`,
  slotId: `slot-${number % 10}`,
});

const connectParams = (nonce: string, token: string, { deviceId, slotId }: Instance): JsonObject => ({
  nonce,
  auth: { method: 'kite_token', token },
  protocol: { min: '1.0', max: '1.0' },
  device: { id: deviceId, type: 'sdk' },
  client: { slot_id: slotId, sdk_lang: 'typescript', sdk_version: '0.0.0' },
  delivery_mode: { mode: 'fanout', routing: '', affinity_ttl_ms: 0 },
  capabilities: { e2ee: true, group_e2ee: true },
});

/** A connection that is logged in (02 §4). */
export async function connectOnWire(
  gateway: GatewayProcess,
  network: SocketOptions,
  token: string,
  instance: Instance,
): Promise<RpcPeer> {
  const peer = new RpcPeer(await openSocket(gateway.url, network));
  const challenge = await peer.challenge({ timeoutMs: 30_000 });
  const answer = await peer.call(
    'auth.connect',
    connectParams(String(challenge?.nonce ?? ''), token, instance),
  );
  if (!isJsonObject(answer) || answer.status !== 'ok') throw new Error('auth.connect was refused');
  return peer;
}

/** The same as a bare `ws` socket, for loads that must cost the client next to nothing. */
export async function connectBare(
  gateway: GatewayProcess,
  network: SocketOptions,
  token: string,
  instance: Instance,
): Promise<WebSocket> {
  const socket = new WebSocket(gateway.url, {
    ca: network.tls?.caPem,
    perMessageDeflate: false,
    // Names under `.localhost` are the loopback address (RFC 6761).
    lookup: (_host, { all }, done) =>
      all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  });
  const { params } = await nextFrame(socket);
  const nonce = isJsonObject(params) ? String(params.nonce) : '';
  const request = { id: 'connect', method: 'auth.connect', params: connectParams(nonce, token, instance) };
  socket.send(JSON.stringify({ jsonrpc: '2.0', ...request }));
  const { result } = await nextFrame(socket);
  if (!isJsonObject(result) || result.status !== 'ok') throw new Error('auth.connect was refused');
  return socket;
}

async function nextFrame(socket: WebSocket): Promise<JsonObject> {
  const [data] = (await once(socket, 'message')) as [RawData];
  const frame: unknown = JSON.parse(data.toString());
  if (!isJsonObject(frame)) throw new Error('the gateway sent no JSON object');
  return frame;
}
