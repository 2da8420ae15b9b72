import { existsSync } from 'node:fs';
import { type Clock, systemClock } from 'aun-core';
import { parseCertificateBundle } from 'aun-pki';
import { createHttpClient, openSocket, RpcPeer } from 'aun-transport';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../src/cli/main.js';
import { startTestGateway } from '../src/testing.js';
import { logIn, phaseOne, register } from './support/agent.js';
import { openNetwork, type TestNetwork } from './support/network.js';
import type { Reply } from './support/plane.js';

let network: TestNetwork | undefined;
afterEach(async () => {
  await network?.stop();
  network = undefined;
});

const open = async (...args: Parameters<typeof openNetwork>): Promise<TestNetwork> => {
  network = await openNetwork(...args);
  return network;
};

describe('a test network', () => {
  it('leaves neither folder nor handles behind', async () => {
    const gateway = await startTestGateway();
    const { dataDir } = gateway;
    expect(existsSync(dataDir)).toBe(true);
    await gateway.stop();
    await gateway.stop();
    expect(existsSync(dataDir)).toBe(false);
  });

  it('hands out names nobody has', async () => {
    const here = await open();
    expect(here.newAid('bot')).toMatch(/^bot-[0-9a-f]{8}\.aun\.localhost$/);
    expect(here.newAid()).not.toBe(here.newAid());
  });
});

describe('restart on the same folder', () => {
  it('keeps identities, CA, tokens and cards; port and URL stay', async () => {
    const here = await open();
    const alice = await register(here.call, here.aid('alice'));
    const tokens = await logIn(here.call, alice);
    const body = `---\naid: ${alice.aid}\n---\n`;
    const headers = { authorization: `Bearer ${String(tokens.access_token)}` };
    const put = await here.http(alice.aid, '/agent.md', { method: 'PUT', body, headers });
    const before = { url: here.gatewayUrl, root: here.rootCaPem };
    await here.restart();
    expect({ url: here.gatewayUrl, root: here.gateway.rootCertPem }).toEqual(before);
    expect((await here.http(alice.aid, '/agent.md')).headers.etag).toBe(put.headers.etag);
    expect((await here.http(alice.aid, '/agent.md', { method: 'PUT', body, headers })).status).toBe(200);
    const params = { refresh_token: String(tokens.refresh_token) };
    expect(await here.call('auth.refresh_token', params)).toMatchObject({ success: true });
    expect(await logIn(here.call, alice)).toMatchObject({ status: 'ok' });
  });

  it('forgets pending logins, with the text that makes clients start over', async () => {
    const here = await open();
    const alice = await register(here.call, here.aid('alice'));
    const one = await phaseOne(here.call, alice);
    await here.restart();
    const two = here.call('auth.aid_login2', {
      aid: alice.aid,
      request_id: String(one.request_id),
      nonce: String(one.nonce),
      client_time: '1',
      signature: 'AAAA',
    });
    await expect(two).rejects.toThrow('aid_login2_failed');
  });
});

describe('two issuers in one process', () => {
  it('have a CA and a root each, chosen by host name; the trust list has both', async () => {
    const here = await open({ issuers: ['a.localhost', 'b.localhost'] });
    const roots = parseCertificateBundle(here.rootCaPem);
    expect(roots.ok && roots.data.map((cert) => cert.commonName)).toEqual([
      'a.localhost AUN Root',
      'b.localhost AUN Root',
    ]);
    const alice = await register(here.call, 'alice.a.localhost');
    const bob = await register(here.call, 'bobb.b.localhost');
    const [chainA, chainB] = await Promise.all(
      ['gateway.a.localhost', 'gateway.b.localhost'].map((host) => here.http(host, '/pki/chain')),
    );
    expect(chainA?.text).not.toBe(chainB?.text);
    expect((await here.http('gateway.a.localhost', `/pki/cert/${bob.aid}`)).text).toBe(bob.cert);
    expect((await here.http('localhost', '/pki/chain')).text).toBe(chainA?.text);
    const list = await here.call('meta.trust_roots', {});
    expect((list.root_cas as { id: string }[]).map(({ id }) => id)).toEqual(['a.localhost', 'b.localhost']);
    expect(await logIn(here.call, alice)).toMatchObject({ status: 'ok' });
    expect(await logIn(here.call, bob)).toMatchObject({ status: 'ok' });
    const document = await here.http('gateway.b.localhost', '/.well-known/aun-gateway');
    expect(document.json()).toMatchObject({
      issuer: 'b.localhost',
      gateway: here.gatewayUrlOf('b.localhost'),
    });
  });
});

describe('operator commands beside a running gateway', () => {
  it('revoke reaches login, PKI, CRL, OCSP and tokens within seconds', async () => {
    const here = await open();
    const host = `gateway.${here.issuer}`;
    const alice = await register(here.call, here.aid('alice'));
    const tokens = await logIn(here.call, alice);
    expect((await here.http(host, '/pki/crl.json')).json().revoked_serials).toEqual([]);
    const put = () =>
      here.http(alice.aid, '/agent.md', {
        method: 'PUT',
        body: `---\naid: ${alice.aid}\n---\n`,
        headers: { authorization: `Bearer ${String(tokens.access_token)}` },
      });
    expect((await put()).status).toBe(201);
    const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(await main(['ca', 'revoke', alice.aid, '--reason', 'keyCompromise', '--data', here.dataDir])).toBe(
      0,
    );
    output.mockRestore();
    await vi.waitFor(
      async () => expect((await here.http(host, '/pki/crl.json')).json().revoked_serials).toHaveLength(1),
      { timeout: 10_000, interval: 100 },
    );
    const [serial] = (await here.http(host, '/pki/crl.json')).json().revoked_serials as string[];
    expect((await here.http(host, `/pki/ocsp/00${String(serial)}`)).json().status).toBe('revoked');
    expect((await here.http(host, `/pki/cert/${alice.aid}`)).status).toBe(404);
    expect((await put()).json()).toEqual({ error: 'aid not active', code: 403 });
    await expect(logIn(here.call, alice)).rejects.toThrow('certificate has been revoked');
    const params = { refresh_token: String(tokens.refresh_token) };
    await expect(here.call('auth.refresh_token', params)).rejects.toThrow('invalid_or_expired_refresh_token');
  });
});

describe('plain HTTP and an additional TLS port', () => {
  it('serve the same; discovery names the RPC port', async () => {
    const here = await open({ config: { listen: { httpPort: 0, httpsPort: 0 } } });
    const { ports } = here.gateway;
    const plain = await fetch(`http://127.0.0.1:${ports.http}/.well-known/aun-gateway`);
    expect(await plain.json()).toMatchObject({ gateways: [{ url: here.gatewayUrl, priority: 1 }] });
    expect(ports.https).not.toBe(ports.tls);
    expect(here.gatewayUrl).toContain(`:${ports.tls}/aun`);
  });
});

describe('further addresses', () => {
  it('serve the same ports over TLS that names and addresses verify', async () => {
    const here = await open({
      issuers: ['a.localhost', 'b.localhost'],
      config: { listen: { moreHosts: ['127.0.0.2'], httpsPort: 0, path: '/ws' } },
    });
    const http = createHttpClient({ tls: { verify: true, caPem: here.rootCaPem } });
    const { https, tls } = here.gateway.ports;
    for (const host of ['127.0.0.1', '127.0.0.2', 'localhost', 'gateway.b.localhost']) {
      for (const port of [tls, https]) {
        expect((await http.request({ url: `https://${host}:${port}/health` })).status).toBe(200);
      }
    }
    expect(here.gatewayUrlOf('b.localhost')).toBe(`wss://gateway.b.localhost:${tls}/ws`);
    http.close();
  });
});

describe('a gateway that is told to stop (02 §2, §11.2)', () => {
  it('says 503 on /health and refuses sockets, closes with 1012, and answers what still runs', async () => {
    const drainMs = 500_000;
    let endDrain = (): void => {};
    const clock: Clock = {
      ...systemClock,
      setTimeout(task, delayMs, timerOptions) {
        if (delayMs === drainMs) endDrain = task;
        return systemClock.setTimeout(delayMs === drainMs ? () => {} : task, delayMs % drainMs, timerOptions);
      },
    };
    const here = await open({ clock, config: { listen: { drainMs } } });
    const tls = { verify: true, caPem: here.rootCaPem };
    const peer = new RpcPeer(await openSocket(here.gatewayUrl, { tls }));
    await peer.challenge();
    const health = () => here.http(`gateway.${here.issuer}`, '/health');
    expect((await health()).json()).toMatchObject({ status: 'ok', connections: 1 });
    const closing = here.gateway.close();
    const draining = await health();
    expect({ status: draining.status, body: draining.json() }).toMatchObject({
      status: 503,
      body: { status: 'draining' },
    });
    await expect(openSocket(here.gatewayUrl, { tls })).rejects.toThrow();
    await register((method, params) => peer.call(method, params) as Promise<Reply>, here.aid('late'));
    endDrain();
    expect(await peer.closed).toMatchObject({ code: 1012 });
    await closing;
  });
});

describe('PKI rate limit', () => {
  it('answers 429 per address', async () => {
    const here = await open({ config: { rateLimits: { scale: 1, pkiPerIpPerSecond: 1 } } });
    const answers: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      answers.push((await here.http(`gateway.${here.issuer}`, '/pki/chain')).status);
    }
    expect(answers.slice(0, 2)).toEqual([200, 200]);
    expect(answers).toContain(429);
  });
});
