import { once } from 'node:events';
import { connect } from 'node:tls';
import { PrivateKey } from 'aun-crypto';
import { parseCertificateBundle } from 'aun-pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerTo, logIn, phaseOne, publicKeyText, register, sign, type TestAgent } from './support/agent.js';
import { openNetwork, type TestNetwork } from './support/network.js';

let network: TestNetwork;
let alice: TestAgent;
beforeAll(async () => {
  network = await openNetwork();
  alice = await register(network.call, network.aid('alice'));
});
afterAll(() => network.stop());

const gateway = () => `gateway.${network.issuer}`;

/** The whole answer to one request that is written as it stands. */
const plainRequest = async (text: string): Promise<string> => {
  const socket = connect({
    host: '127.0.0.1',
    port: network.httpsPort,
    servername: gateway(),
    ca: network.rootCaPem,
  });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('utf8');
};

describe('host names and TLS', () => {
  it.each([
    'gateway.aun.localhost',
    'aun.localhost',
    'pki.aun.localhost',
    'alice.aun.localhost',
    'localhost',
  ])('serves %s with a certificate that verifies against root.crt', async (host) => {
    expect((await network.http(host, '/health')).status).toBe(200);
  });
});

describe('discovery and health (02 §1.1, §2)', () => {
  it('names the RPC URL, the same for every host of the domain', async () => {
    const documents = await Promise.all(
      [gateway(), network.issuer, alice.aid].map((host) => network.http(host, '/.well-known/aun-gateway')),
    );
    for (const document of documents) {
      expect(document.headers['content-type']).toContain('application/json');
      expect(document.headers['cache-control']).toBe('max-age=60');
      expect(document.headers['access-control-allow-origin']).toBe('*');
      expect(document.json().gateways).toEqual([{ url: network.gatewayUrl, priority: 1 }]);
    }
  });

  it('reports health and metrics', async () => {
    expect((await network.http(gateway(), '/health')).json()).toMatchObject({
      status: 'ok',
      module: 'gateway',
    });
    const metrics = await network.http(gateway(), '/metrics');
    expect(metrics.text).toContain('aun_rpc_total{method="auth.create_aid",code="0"}');
  });

  it.each([
    ['HTTP/1.0 without a host', '/health', 'HTTP/1.0', ''],
    ['HTTP/1.0 with a host', '/health', 'HTTP/1.0', 'Host: HOST\r\n'],
    ['an offer of h2c', '/health', 'HTTP/1.1', 'Host: HOST\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n'],
    ['an offer of h2c', '/pki/chain', 'HTTP/1.1', 'Host: HOST\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n'],
  ])('serves %s as a plain request (%s)', async (_what, path, version, headers) => {
    const answer = await plainRequest(`GET ${path} ${version}\r\n${headers.replace('HOST', gateway())}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain(path === '/health' ? '"status":"ok"' : 'BEGIN CERTIFICATE');
  });

  it('refuses a body that comes with an offer it does not take', async () => {
    const head = `PUT /agent.md HTTP/1.1\r\nHost: ${alice.aid}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n`;
    expect(await plainRequest(`${head}Content-Length: 2\r\n\r\nhi`)).toMatch(/^HTTP\/1\.1 501 /);
  });

  it('answers unknown paths with a JSON error and CORS', async () => {
    const missing = await network.http(gateway(), '/nothing');
    expect(missing.status).toBe(404);
    expect(missing.json()).toEqual({ error: 'not found', code: 404 });
    expect(missing.headers['access-control-allow-origin']).toBe('*');
  });
});

describe('PKI (01 §4)', () => {
  it('serves the certificate of an AID, also for HEAD and upper case, and 404 for strangers', async () => {
    const got = await network.http(gateway(), `/pki/cert/${alice.aid.toUpperCase()}`);
    expect(got).toMatchObject({ status: 200, text: alice.cert });
    expect(got.headers['content-type']).toBe('application/x-pem-file');
    expect((await network.http(gateway(), `/pki/cert/${alice.aid}`, { method: 'HEAD' })).status).toBe(200);
    expect(
      (await network.http(gateway(), `/pki/cert/${network.aid('nobody')}`, { method: 'HEAD' })).status,
    ).toBe(404);
    for (const odd of ['alice', '%2e%2e%2fetc', 'a b', `${network.aid('alice')}%00`, 'alice.other.test']) {
      expect((await network.http(gateway(), `/pki/cert/${odd}`)).status).toBe(404);
    }
  });

  it('answers 304 to a reader that has the certificate already', async () => {
    const path = `/pki/cert/${alice.aid}`;
    const { headers } = await network.http(gateway(), path);
    const etag = String(headers.etag);
    for (const tags of [etag, `"x", W/${etag}`, '*']) {
      const again = await network.http(gateway(), path, { headers: { 'if-none-match': tags } });
      expect(again).toMatchObject({ status: 304, text: '', headers: { etag, 'cache-control': 'no-cache' } });
    }
    expect((await network.http(gateway(), path, { headers: { 'if-none-match': '"other"' } })).status).toBe(
      200,
    );
  });

  it('answers good only for certificates that the issuer CA has issued', async () => {
    const auth = parseCertificateBundle(String((await phaseOne(network.call, alice)).auth_cert));
    const chain = parseCertificateBundle((await network.http(gateway(), '/pki/chain')).text);
    if (!auth.ok || !chain.ok) throw new Error('a certificate cannot be read');
    const status = async (serial: string) =>
      (await network.http(gateway(), `/pki/ocsp/${serial}`)).json().status;
    expect(await status(auth.data[0]?.serialHex ?? '')).toBe('good');
    expect(chain.data).toHaveLength(3);
    for (const ca of chain.data) expect(await status(ca.serialHex)).toBe('unknown');
  });

  it('serves the chain: issuer first, root last, nothing else', async () => {
    const { text } = await network.http(gateway(), '/pki/chain');
    const chain = parseCertificateBundle(text);
    if (!chain.ok) throw new Error(chain.error.message);
    expect(chain.data.map((cert) => cert.isCa)).toEqual([true, true, true]);
    expect(chain.data[0]?.subjectCommonName).toBe(network.issuer);
    expect(chain.data.at(-1)?.pem).toBe(network.rootCaPem);
    expect(text.endsWith('-----END CERTIFICATE-----\n')).toBe(true);
  });

  it('finds certificates by fingerprint in every spelling, and old ones after a rekey', async () => {
    const bob = await register(network.call, network.aid('bobb'));
    const before = parseCertificateBundle(bob.cert);
    if (!before.ok || before.data[0] === undefined) throw new Error('no certificate');
    const [cert] = before.data;
    const one = await phaseOne(network.call, bob);
    const key = PrivateKey.generate();
    const text = publicKeyText(key);
    const rekeyed = await network.call('auth.rekey', {
      ...answerTo(bob, one),
      new_public_key: text,
      signature: sign(bob.key, `${String(one.nonce)}${text}`),
    });
    const full = cert.fingerprint.slice(7);
    const spki = cert.spkiFingerprint.slice(7);
    for (const spelling of [
      full,
      `sha256:${full}`,
      full.toUpperCase(),
      full.slice(0, 16),
      spki,
      spki.slice(0, 16),
    ]) {
      const found = await network.http(
        gateway(),
        `/pki/cert/${bob.aid}?cert_fingerprint=${encodeURIComponent(spelling)}`,
      );
      expect(found).toMatchObject({ status: 200, text: bob.cert });
    }
    expect((await network.http(gateway(), `/pki/cert/${bob.aid}`)).text).toBe(rekeyed.cert);
    const none = await network.http(gateway(), `/pki/cert/${bob.aid}?cert_fingerprint=${'0'.repeat(64)}`);
    expect(none.status).toBe(404);
    expect((await network.http(gateway(), `/pki/cert/${bob.aid}?cert_fingerprint=zz`)).status).toBe(404);
  });

  it('serves CRL, OCSP, trust roots and the root', async () => {
    const crl = (await network.http(gateway(), '/pki/crl.json')).json();
    expect(crl).toMatchObject({ revoked_serials: [] });
    expect(String(crl.crl_pem)).toMatch(/^-----BEGIN X509 CRL-----/);
    const serial = network.gateway.config.issuers.length;
    expect(serial).toBe(1);
    const unknown = (await network.http(gateway(), '/pki/ocsp/123456')).json();
    expect(unknown).toEqual({ status: 'unknown', ocsp_response: 'MAMKAQY=' });
    expect((await network.http(gateway(), '/pki/root.crt')).text).toBe(network.rootCaPem);
    expect((await network.http(`pki.${network.issuer}`, '/root.crt')).text).toBe(network.rootCaPem);
    const lists = await Promise.all([
      network.http(gateway(), '/pki/trust-roots.json'),
      network.http(`pki.${network.issuer}`, '/trust-root.json'),
    ]);
    expect(lists[0]?.json()).toEqual(lists[1]?.json());
    expect(lists[0]?.json()).toEqual(await network.call('meta.trust_roots', {}));
  });
});

describe('agent.md (09 §6)', () => {
  const card = (aid: string, text = 'Hello') =>
    `---\naid: "${aid}"\nname: "Alice"\ntype: "assistant"\n---\n\n${text}\n`;
  const put = (aid: string, body: string, token: unknown) =>
    network.http(aid, '/agent.md', {
      method: 'PUT',
      body,
      headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'text/markdown; charset=utf-8' },
    });

  it('publishes, replaces and serves byte for byte with strong ETags', async () => {
    const { access_token: token } = await logIn(network.call, alice);
    expect((await network.http(alice.aid, '/agent.md')).status).toBe(404);
    const first = await put(alice.aid, card(alice.aid), token);
    expect(first.status).toBe(201);
    const got = await network.http(alice.aid, '/agent.md');
    expect(got.text).toBe(card(alice.aid));
    expect(got.headers).toMatchObject({
      'content-type': 'text/markdown; charset=utf-8',
      'content-length': String(Buffer.byteLength(card(alice.aid))),
      'access-control-expose-headers': 'ETag,Last-Modified,Content-Length',
    });
    expect(first.json()).toMatchObject({
      etag: got.headers.etag,
      last_modified: got.headers['last-modified'],
    });
    const head = await network.http(alice.aid, '/agent.md', { method: 'HEAD' });
    expect(head.headers.etag).toBe(got.headers.etag);
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
    expect((await put(alice.aid, card(alice.aid), token)).status).toBe(200);
    const changed = await put(alice.aid, card(alice.aid, 'Bye'), token);
    expect(changed.json().etag).not.toBe(got.headers.etag);
    const unchanged = await network.http(alice.aid, '/agent.md', {
      headers: { 'if-none-match': `W/${String(changed.json().etag)}` },
    });
    expect(unchanged).toMatchObject({ status: 304, text: '' });
  });

  it('refuses in the order token, owner, size, frontmatter, aid', async () => {
    const { access_token: token } = await logIn(network.call, alice);
    const cases: [number, string, Promise<{ status: number; json(): unknown }>][] = [
      [401, 'missing token', network.http(alice.aid, '/agent.md', { method: 'PUT', body: 'x' })],
      [401, 'invalid token', put(alice.aid, 'x', 'a.b.c')],
      [403, 'aid mismatch', put(network.aid('bobb'), 'x', token)],
      [413, 'document too large', put(alice.aid, `${card(alice.aid)}${'x'.repeat(70_000)}`, token)],
      [400, 'invalid frontmatter', put(alice.aid, 'no frontmatter', token)],
      [400, 'invalid frontmatter', put(alice.aid, '---\naid: [\n---\n', token)],
      [400, 'frontmatter aid mismatch', put(alice.aid, card(network.aid('bobb')), token)],
    ];
    for (const [status, error, answer] of cases) {
      const got = await answer;
      expect([got.status, got.json()]).toEqual([status, { error, code: status }]);
    }
    expect((await network.http(gateway(), '/agent.md')).status).toBe(404);
  });

  it('shows browsers a page made from the frontmatter, programs the document', async () => {
    const dora = await register(network.call, network.aid('dora'));
    const { access_token: token } = await logIn(network.call, dora);
    const browser = { accept: 'text/html,*/*;q=0.8', 'user-agent': 'Mozilla/5.0 (X11)' };
    expect((await network.http(dora.aid, '/', { headers: browser })).status).toBe(404);
    const name = `'<script>alert(1)</script>'`;
    await put(dora.aid, `---\naid: ${dora.aid}\nname: ${name}\ntags: [a, b]\n---\n`, token);
    const shown = await network.http(dora.aid, '/', { headers: browser });
    expect(shown.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(shown.headers['content-security-policy']).toContain("default-src 'none'");
    expect(shown.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(shown.text).toContain('a, b');
    expect(shown.text).not.toContain('<script>');
    expect((await network.http(dora.aid, '/index.html')).text).toBe(shown.text);
    for (const headers of [{}, { accept: 'text/html' }, { ...browser, accept: 'text/html, text/markdown' }]) {
      const document = await network.http(dora.aid, '/', { headers });
      expect(document.headers['content-type']).toBe('text/markdown; charset=utf-8');
    }
    expect((await network.http(gateway(), '/index.html')).status).toBe(404);
  });

  it('hands all public documents to a directory with a token (09 §6.5)', async () => {
    const eric = await register(network.call, network.aid('eric'));
    const { access_token: token } = await logIn(network.call, eric);
    const sync = (headers = {}) =>
      network.http(gateway(), '/api/nameservice/sync_agent_md', { method: 'POST', headers });
    expect((await sync()).status).toBe(401);
    expect((await sync({ authorization: 'Bearer a.b.c' })).status).toBe(401);
    const documents = async () => {
      const answer = (await sync({ authorization: `Bearer ${String(token)}` })).json();
      expect(answer).toMatchObject({ message: 'OK', file_name: 'agent.md', full_snapshot: null });
      const data = answer.data as { agent_id: string; file_content: string; etag: string }[];
      return data.filter((one) => one.agent_id === eric.aid);
    };
    await put(eric.aid, card(eric.aid), token);
    const published = await put(eric.aid, card(eric.aid, 'Newest'), token);
    expect(await documents()).toEqual([
      {
        agent_id: eric.aid,
        file_content: card(eric.aid, 'Newest'),
        etag: published.json().etag,
        last_modified: published.json().last_modified,
      },
    ]);
    await put(eric.aid, `---\naid: ${eric.aid}\nvisibility: unlisted\n---\n`, token);
    expect(await documents()).toEqual([]);
    expect((await network.http(gateway(), '/_snapshots/agent_md_full.zip')).status).toBe(404);
  });

  it('answers the preflight of a browser', async () => {
    const preflight = await network.http(alice.aid, '/agent.md', {
      method: 'OPTIONS',
      headers: { origin: 'https://app.test', 'access-control-request-method': 'PUT' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-methods']).toContain('PUT');
    expect(preflight.headers['access-control-allow-headers']).toContain('Authorization');
  });

  it('shows private documents to their owner only, and removes on DELETE', async () => {
    const carol = await register(network.call, network.aid('carol'));
    const { access_token: token } = await logIn(network.call, carol);
    await put(carol.aid, `---\naid: ${carol.aid}\nvisibility: private\n---\n`, token);
    expect((await network.http(carol.aid, '/agent.md')).status).toBe(404);
    const headers = { authorization: `Bearer ${String(token)}` };
    expect((await network.http(carol.aid, '/agent.md', { headers })).status).toBe(200);
    expect((await network.http(carol.aid, '/agent.md', { method: 'DELETE', headers })).status).toBe(204);
    expect((await network.http(carol.aid, '/agent.md', { headers })).status).toBe(404);
  });
});
