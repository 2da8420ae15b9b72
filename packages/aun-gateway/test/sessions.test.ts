import { readFileSync } from 'node:fs';
import { type JsonObject, RpcCode } from 'aun-core';
import { PrivateKey } from 'aun-crypto';
import {
  buildClientSignature,
  parseCertificate,
  parseCertificateBundle,
  verifyChain,
  verifyTrustList,
} from 'aun-pki';
import { openSocket, RpcPeer } from 'aun-transport';
import { afterEach, describe, expect, it, vi } from 'vitest';
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
    await expect(send(alice)).rejects.toMatchObject({ code: RpcCode.clientSignatureInvalid });
    expect(await send({ aid: alice.aid, key, cert: String(rekeyed.cert) })).toBeTypeOf('object');
    other.peer.close();
    peer.close();
  });

  it('of a withdrawn certificate are refused with -32050, of its successor accepted', async () => {
    network = await openNetwork();
    const alice = await register(network.call, network.aid('alice'));
    const one = await phaseOne(network.call, alice);
    const proof = { ...answerTo(alice, one), signature: sign(alice.key, String(one.nonce)) };
    const renewed = { ...alice, cert: String((await network.call('auth.renew_cert', proof)).cert) };
    const { peer, nonce } = await connect();
    await authConnect(peer, nonce, (await logIn(network.call, renewed)).access_token);
    const pull = (agent: TestAgent) =>
      peer.call('message.v2.pull', signed(agent, 'message.v2.pull', { after_seq: 0 }));
    expect(await pull(alice)).toHaveProperty('messages');
    const old = parseCertificate(alice.cert);
    const { main } = await import('../src/cli/main.js');
    const serial = old.ok ? old.data.serialHex : '';
    expect(await main(['ca', 'revoke', serial, '--data', network.dataDir])).toBe(0);
    await vi.waitFor(() => expect(pull(alice)).rejects.toMatchObject({ code: RpcCode.certificateRevoked }), {
      timeout: 10_000,
      interval: 100,
    });
    expect(await pull(renewed)).toHaveProperty('messages');
    peer.close();
  });
});

describe('floods before authentication', () => {
  it('are limited per address: requests with -32029, sockets with HTTP 429; sessions go on', async () => {
    network = await openNetwork({
      config: { rateLimits: { scale: 1, preAuthPerIpPerSecond: 1, socketsPerIpPerSecond: 1 } },
    });
    const alice = await register(network.call, network.aid('alice'));
    const { access_token: token } = await logIn(network.call, alice);
    const { peer, nonce } = await connect();
    await authConnect(peer, nonce, token);
    const other = await connect();
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () =>
        other.peer.call('no.such.method', {}).catch((error: unknown) => error),
      ),
    );
    expect(outcomes[0]).toMatchObject({ code: -32001 });
    expect(outcomes.at(-1)).toMatchObject({ code: -32029, data: { retry_after: expect.any(Number) } });
    const sockets = await Promise.allSettled(Array.from({ length: 8 }, connect));
    expect(sockets.map(({ status }) => status)).toContain('rejected');
    expect(await peer.call('meta.ping', {})).toBeTypeOf('object');
    for (const one of sockets) if (one.status === 'fulfilled') one.value.peer.close();
    other.peer.close();
    peer.close();
  });
});

describe('agents of two issuers of one gateway', () => {
  it('exchange messages, and each finds the certificate of the other under the root of its issuer', async () => {
    network = await openNetwork({ issuers: ['a.localhost', 'b.localhost'] });
    const [alice, bob] = [
      await register(network.call, 'alice.a.localhost'),
      await register(network.call, 'bobb.b.localhost'),
    ];
    const online = async (agent: TestAgent) => {
      const { peer, nonce } = await connect();
      await authConnect(peer, nonce, (await logIn(network.call, agent)).access_token);
      return peer;
    };
    const [a, b] = [await online(alice), await online(bob)];
    for (const [from, peer, to, reader] of [
      [alice, a, bob, b],
      [bob, b, alice, a],
    ] as const) {
      const text = `from ${from.aid}`;
      const params = signed(from, 'message.send', { to: to.aid, payload: { type: 'text', text } });
      expect(await peer.call('message.send', params)).toMatchObject({ cross_domain: true });
      expect(JSON.stringify(await reader.call('message.v2.pull', { after_seq: 0 }))).toContain(text);
    }
    const host = 'gateway.b.localhost';
    const found = parseCertificate((await network.http(host, `/pki/cert/${bob.aid}`)).text);
    const chain = parseCertificateBundle((await network.http(host, '/pki/chain')).text);
    const roots = parseCertificateBundle(network.rootCaPem);
    if (!found.ok || !chain.ok || !roots.ok) throw new Error('a certificate cannot be read');
    const verdict = (commonName: string) =>
      verifyChain(found.data, chain.data, {
        roots: roots.data.filter((root) => root.commonName === commonName),
        now: Date.now(),
      }).ok;
    expect([verdict('b.localhost AUN Root'), verdict('a.localhost AUN Root')]).toEqual([true, false]);
    a.close();
    b.close();
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
