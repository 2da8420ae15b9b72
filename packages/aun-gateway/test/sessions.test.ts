import { readFileSync } from 'node:fs';
import { type JsonObject, RpcCode } from 'aun-core';
import { PrivateKey } from 'aun-crypto';
import { buildClientSignature, parseCertificate, verifyTrustList } from 'aun-pki';
import { openSocket, RpcPeer } from 'aun-transport';
import { afterEach, describe, expect, it } from 'vitest';
import { answerTo, logIn, phaseOne, publicKeyText, register, sign, type TestAgent } from './support/agent.js';
import { openNetwork, type TestNetwork } from './support/network.js';

let network: TestNetwork;
afterEach(() => network.stop());

const connect = async (): Promise<{ peer: RpcPeer; nonce: string }> => {
  const tls = { verify: true, caPem: network.rootCaPem };
  const peer = new RpcPeer(await openSocket(network.gatewayUrl, { tls }));
  const challenge = await peer.challenge();
  return { peer, nonce: String(challenge?.nonce) };
};

const authConnect = (peer: RpcPeer, nonce: string, token: unknown) =>
  peer.call('auth.connect', {
    nonce,
    auth: { method: 'kite_token', token: String(token) },
    device: { id: 'device-1', type: 'sdk' },
    client: { slot_id: 'default', sdk_lang: 'typescript', sdk_version: '0.5.4' },
  });

const signed = (agent: TestAgent, method: string, params: JsonObject): JsonObject => {
  const cert = parseCertificate(agent.cert);
  if (!cert.ok) throw new Error(cert.error.message);
  const signature = buildClientSignature({
    method,
    params,
    aid: agent.aid,
    privateKey: agent.key,
    certFingerprint: cert.data.fingerprint,
    now: Date.now(),
  });
  return { ...params, client_signature: { ...signature } };
};

describe('auth.connect with tokens of this gateway (01 §10)', () => {
  it('answers a bad token with 4001 and takes a good one on the same socket', async () => {
    network = await openNetwork();
    const alice = await register(network.call, network.aid('alice'));
    const { peer, nonce } = await connect();
    await expect(authConnect(peer, nonce, 'a.b.c')).rejects.toMatchObject({ code: RpcCode.authFailed });
    const { access_token: token } = await logIn(network.call, alice);
    expect(await authConnect(peer, nonce, token)).toMatchObject({
      status: 'ok',
      identity: { aid: alice.aid },
    });
    peer.close();
  });

  it('ends the sessions of a suspended AID with 4003', async () => {
    network = await openNetwork();
    const alice = await register(network.call, network.aid('alice'));
    const { access_token: token } = await logIn(network.call, alice);
    const { peer, nonce } = await connect();
    await authConnect(peer, nonce, token);
    const { main } = await import('../src/cli/main.js');
    expect(await main(['aid', 'suspend', alice.aid, '--data', network.dataDir])).toBe(0);
    expect(await peer.closed).toMatchObject({ code: 4003 });
    const again = await connect();
    await expect(authConnect(again.peer, again.nonce, token)).rejects.toMatchObject({
      code: RpcCode.authFailed,
    });
    again.peer.close();
    await expect(logIn(network.call, alice)).rejects.toThrow('AID suspended');
  });
});

describe('client signatures (01 §15.4)', () => {
  it('are verified where present: renewed certificates pass, superseded keys do not', async () => {
    network = await openNetwork();
    const alice = await register(network.call, network.aid('alice'));
    const { access_token: token } = await logIn(network.call, alice);
    const { peer, nonce } = await connect();
    await authConnect(peer, nonce, token);
    const bob = await register(network.call, network.aid('bobb'));
    const other = await connect();
    await authConnect(other.peer, other.nonce, (await logIn(network.call, bob)).access_token);
    const params = { to: bob.aid, payload: { type: 'text', text: 'hello' } };
    const send = (agent: TestAgent) => peer.call('message.send', signed(agent, 'message.send', params));
    expect(await send(alice)).toBeTypeOf('object');
    await expect(send({ ...alice, key: PrivateKey.generate() })).rejects.toMatchObject({
      code: RpcCode.clientSignatureInvalid,
    });
    const one = await phaseOne(network.call, alice);
    const proof = { ...answerTo(alice, one), signature: sign(alice.key, String(one.nonce)) };
    const renewed = { ...alice, cert: String((await network.call('auth.renew_cert', proof)).cert) };
    expect(await send(alice)).toBeTypeOf('object');
    expect(await send(renewed)).toBeTypeOf('object');
    const two = await phaseOne(network.call, renewed);
    const key = PrivateKey.generate();
    const text = publicKeyText(key);
    const rekeyed = await network.call('auth.rekey', {
      ...answerTo(renewed, two),
      new_public_key: text,
      signature: sign(alice.key, `${String(two.nonce)}${text}`),
    });
    await expect(send(renewed)).rejects.toMatchObject({ code: RpcCode.clientSignatureInvalid });
    expect(await send({ aid: alice.aid, key, cert: String(rekeyed.cert) })).toBeTypeOf('object');
    other.peer.close();
    peer.close();
  });
});

describe('trust list (01 §5.2)', () => {
  it('verifies with the pinned authority certificate', async () => {
    network = await openNetwork({ issuers: ['a.localhost', 'b.localhost'] });
    const { text } = await network.http('gateway.a.localhost', '/pki/trust-roots.json');
    const authority = parseCertificate(readFileSync(`${network.dataDir}/authority.crt`, 'utf8'));
    if (!authority.ok) throw new Error(authority.error.message);
    const verified = verifyTrustList(text, { authority: authority.data, now: Date.now() });
    expect(verified.ok && verified.data.roots).toHaveLength(2);
  });
});
