import { base64Encode, PrivateKey, signDer, utf8Encode } from 'aun-crypto';
import { preAuthCall } from 'aun-transport';
import type { GatewayProcess } from './gateway-process.js';

export interface Agent {
  readonly aid: string;
  readonly token: string;
}

/** Registers a name and logs in (01 §8, §9). */
export const createAgent = async (gateway: GatewayProcess, name: string): Promise<Agent> => {
  const aid = `${name}.${gateway.issuer}`;
  const key = PrivateKey.generate();
  const call = (method: string, params: Record<string, string>) =>
    preAuthCall(gateway.url, method, params, { tls: { verify: true, caPem: gateway.rootCaPem } });
  const { cert } = await call('auth.create_aid', { aid, public_key: base64Encode(key.publicKey.spki) });
  const one = await call('auth.aid_login1', { aid, cert: String(cert), client_nonce: 'mX2pQh9vT0aYcN4b' });
  const signature = base64Encode(signDer(key, utf8Encode(`${String(one.nonce)}:1`)));
  const proof = {
    aid,
    request_id: String(one.request_id),
    nonce: String(one.nonce),
    client_time: '1',
    signature,
  };
  const { access_token: token } = await call('auth.aid_login2', proof);
  return { aid, token: String(token) };
};
