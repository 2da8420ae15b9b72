import type { JsonObject } from 'aun-core';
import { base64Encode, PrivateKey, signDer, utf8Encode } from 'aun-crypto';
import type { Reply } from './plane.js';

/** Calls one method; a plane or a socket stands behind it. */
export type Call = (method: string, params: JsonObject) => Promise<Reply>;

export interface TestAgent {
  readonly aid: string;
  readonly key: PrivateKey;
  readonly cert: string;
}

export const publicKeyText = (key: PrivateKey): string => base64Encode(key.publicKey.spki);

export const sign = (key: PrivateKey, text: string): string => base64Encode(signDer(key, utf8Encode(text)));

export const register = async (call: Call, aid: string, key = PrivateKey.generate()): Promise<TestAgent> => {
  const created = await call('auth.create_aid', { aid, public_key: publicKeyText(key), curve: 'P-256' });
  return { aid, key, cert: String(created.cert) };
};

export const phaseOne = (call: Call, agent: TestAgent): Promise<Reply> =>
  call('auth.aid_login1', { aid: agent.aid, cert: agent.cert, client_nonce: 'mX2pQh9vT0aYcN4b' });

/** Params of phase 2, renewal and rekey that come from phase 1. */
export const answerTo = (agent: TestAgent, one: Reply) => ({
  aid: agent.aid,
  request_id: String(one.request_id),
  nonce: String(one.nonce),
});

export const phaseTwo = (call: Call, agent: TestAgent, one: Reply, time = '1767225601'): Promise<Reply> =>
  call('auth.aid_login2', {
    ...answerTo(agent, one),
    client_time: time,
    signature: sign(agent.key, `${String(one.nonce)}:${time}`),
  });

export const logIn = async (call: Call, agent: TestAgent): Promise<Reply> =>
  phaseTwo(call, agent, await phaseOne(call, agent));
