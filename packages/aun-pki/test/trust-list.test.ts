import { PrivateKey } from 'aun-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  readBootstrapMaterial,
  rootFileName,
  signTrustList,
  TrustStore,
  verifyIssuerRoot,
  verifyTrustList,
} from '../src/index.js';
import { type CertificateAuthority, createRootCa } from '../src/issue.js';
import { clock, createAgent, createNetwork, dayMs, type Network, now } from './support.js';

let net: Network;
let authority: CertificateAuthority;

beforeAll(async () => {
  net = await createNetwork();
  authority = await createRootCa({ commonName: 'Trust Authority', clock });
});

const entry = (over: object = {}) => ({
  id: 'root-1',
  name: 'Example',
  certificate: net.root.certificate.pem,
  fingerprint_sha256: net.root.certificate.fingerprint,
  status: 'active',
  ...over,
});

const list = (over: object = {}, ...roots: object[]) => ({
  version: 7,
  issued_at: new Date(now - dayMs).toISOString(),
  next_update: new Date(now + dayMs).toISOString(),
  root_cas: roots.length === 0 ? [entry()] : roots,
  ...over,
});

const sign = (document: object) => ({
  ...document,
  authority_signature: signTrustList(document, authority.privateKey),
});

const verify = (document: object, over: object = {}) =>
  verifyTrustList(JSON.stringify(document), { authority: authority.certificate, now, ...over });

const code = (result: ReturnType<typeof verify>) => (result.ok ? 'ok' : result.error.code);

describe('a trust list', () => {
  it('signed by the pinned authority yields its active roots', () => {
    const result = verify(sign(list({}, entry(), entry({ id: 'root-2', status: 'retired' }))));
    expect(result).toMatchObject({
      ok: true,
      data: { version: 7, signed: true, skipped: [{ id: 'root-2', reason: 'status=retired' }] },
    });
    expect(result.ok && result.data.roots[0]?.certificate.equals(net.root.certificate)).toBe(true);
  });

  it('is never verified with a key it brings itself', () => {
    const own = sign(list({ authority_cert_pem: authority.certificate.pem }));
    expect(code(verify(own, { authority: undefined }))).toBe('trust_list_authority_missing');
  });

  it.each([
    ['base64:', (signature: string) => `base64:${signature}`],
    ['url-safe, unpadded', (s: string) => s.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')],
  ])('may spell its signature %s', (_how, spell) => {
    const signed = sign(list());
    expect(code(verify({ ...signed, authority_signature: spell(signed.authority_signature) }))).toBe('ok');
  });

  it('may come past its next_update', () => {
    expect(code(verify(sign(list()), { now: now + 10 * dayMs }))).toBe('ok');
  });

  it('may have the legacy form', () => {
    const { certificate: cert_pem, fingerprint_sha256 } = entry();
    const legacy = { roots: [{ agentid: 'old', cert_pem, fingerprint_sha256, status: 'active' }], count: 1 };
    const result = verify(legacy, { allowUnsigned: true });
    expect(result).toMatchObject({ ok: true, data: { signed: false, roots: [{ id: 'old' }] } });
  });

  it.each([
    ['unsigned', () => list(), 'trust_list_unsigned'],
    ['changed after signing', () => ({ ...sign(list()), version: 8 }), 'trust_list_signature_invalid'],
    ['older than known', () => sign(list({ version: 3 })), 'trust_list_version'],
    [
      'from the future',
      () => sign(list({ issued_at: new Date(now + 600_000).toISOString() })),
      'trust_list_time',
    ],
    ['without version', () => sign(list({ version: undefined })), 'trust_list_malformed'],
    ['with a fraction as version', () => sign(list({ version: 1.5 })), 'trust_list_malformed'],
    ['with times that are none', () => sign(list({ issued_at: 'yesterday' })), 'trust_list_malformed'],
    [
      'ending before it begins',
      () => sign(list({ next_update: '2020-01-01T00:00:00Z' })),
      'trust_list_malformed',
    ],
    ['without roots', () => sign({ ...list(), root_cas: [] }), 'trust_list_empty'],
    ['with roots of a wrong type', () => sign({ ...list(), root_cas: {} }), 'trust_list_malformed'],
    ['with an entry without id', () => sign(list({}, { ...entry(), id: '' })), 'trust_list_malformed'],
    [
      'with a wrong fingerprint',
      () => sign(list({}, entry({ fingerprint_sha256: '0'.repeat(64) }))),
      'trust_list_fingerprint',
    ],
    [
      'with a missing fingerprint',
      () => sign(list({}, entry({ fingerprint_sha256: undefined }))),
      'trust_list_fingerprint',
    ],
    [
      'with a short fingerprint',
      () => sign(list({}, entry({ fingerprint_sha256: net.root.certificate.fingerprint.slice(7, 23) }))),
      'trust_list_fingerprint',
    ],
    ['with retired roots only', () => sign(list({}, entry({ status: 'retired' }))), 'trust_list_empty'],
  ])('is refused when %s', (_what, document, expected) => {
    expect(code(verify(JSON.parse(JSON.stringify(document())), { minVersion: 5 }))).toBe(expected);
  });

  it('skips roots that are no CA, expired or unreadable, and says why', async () => {
    const { certificate: leaf } = await createAgent(net.issuer, 'alice.example.test');
    const old = await createRootCa({
      commonName: 'Old',
      validityDays: 1,
      clock: { now: () => now - 9 * dayMs },
    });
    const result = verify(
      sign(
        list(
          {},
          entry(),
          entry({ id: 'leaf', certificate: leaf.pem, fingerprint_sha256: leaf.fingerprint }),
          entry({
            id: 'old',
            certificate: old.certificate.pem,
            fingerprint_sha256: old.certificate.fingerprint,
          }),
          entry({ id: 'junk', certificate: 'junk' }),
        ),
      ),
    );
    expect(result.ok && result.data.skipped.map(({ id }) => id)).toEqual(['leaf', 'old', 'junk']);
  });

  it('with a duplicate key is refused: two readers could see two lists', () => {
    const text = JSON.stringify(sign(list())).replace('{"version":7', '{"version":7,"version":7');
    expect(code(verifyTrustList(text, { authority: authority.certificate, now }))).toBe(
      'trust_list_malformed',
    );
  });

  it.each(['', '[]', 'null', '{', '"x"', '{"root_cas":[1]}'])('is refused when it is %j', (text) => {
    expect(code(verifyTrustList(text, { authority: authority.certificate, now }))).toBe(
      'trust_list_malformed',
    );
  });
});

describe('the root of an issuer', () => {
  const roots = () => {
    const verified = verify(sign(list()));
    if (!verified.ok) throw new Error(verified.error.message);
    return verified.data;
  };

  it('is imported when the list knows it', () => {
    expect(verifyIssuerRoot(net.root.certificate.pem, roots(), { now })).toMatchObject({ ok: true });
  });

  it.each([
    ['an unknown root', () => authority.certificate.pem, now],
    ['an intermediate CA', () => net.issuer.certificate.pem, now],
    ['an expired root', () => net.root.certificate.pem, now + 40 * 365 * dayMs],
    ['no certificate', () => 'hello', now],
  ])('is refused when it is %s', (_what, pem, at) => {
    expect(verifyIssuerRoot(pem(), roots(), { now: at })).toMatchObject({
      error: { code: 'issuer_root_refused' },
    });
  });

  it.each([
    ['root-ex-001', 'root-ex-001.crt'],
    ['../../etc/passwd', '.._.._etc_passwd.crt'],
    ['..', '_...crt'],
    ['', '_.crt'],
    ['Würzel/1', 'W_rzel_1.crt'],
  ])('gets a harmless file name: %s', (id, expected) => {
    expect(rootFileName(id)).toBe(expected);
  });
});

describe('a store of roots', () => {
  it('reads a bundle and skips what it cannot read', () => {
    const text = `junk\n${net.root.certificate.pem}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`;
    const store = TrustStore.fromPem(text, net.root.certificate.pem, authority.certificate.pem);
    expect(store.size).toBe(2);
    expect(store.has(net.root.certificate)).toBe(true);
    expect(store.has(net.issuer.certificate)).toBe(false);
    expect(store.with([net.issuer.certificate]).size).toBe(3);
  });
});

describe('certificates in a bootstrap answer', () => {
  const aid = 'alice.example.test';

  it('are read in every spelling; agents are no part of the chain', async () => {
    const { certificate: alice } = await createAgent(net.issuer, aid);
    const pems = net.chain.map(({ pem }) => pem);
    for (const [cert, fp, chain] of [
      ['cert_pem', 'cert_fingerprint', 'ca_chain'],
      ['cert', 'fingerprint', 'ca_chain_pems'],
      ['cert_pem', 'fp', 'cert_chain'],
      ['cert', 'fp', 'chain'],
    ] as const) {
      const entries = [
        { cert_type: 'agent', cert_pem: alice.pem },
        { cert_type: 'issuer_ca', cert_pem: pems[0] },
        alice.pem,
        ...pems.slice(1),
      ];
      const read = readBootstrapMaterial(
        { [aid]: { [cert]: alice.pem, [fp]: alice.fingerprint, [chain]: entries } },
        aid,
      );
      expect(read?.certificate?.equals(alice)).toBe(true);
      expect(read?.fingerprint).toBe(alice.fingerprint);
      expect(read?.chain.map(({ pem }) => pem)).toEqual(pems);
    }
  });

  it.each([
    [null],
    [[]],
    [{}],
    [{ [aid]: 1 }],
    [{ [aid]: {} }],
    [{ [aid]: { cert: 'junk', chain: [1, null, 'x'] } }],
  ])('are nothing when unusable: %j', (certs) => {
    expect(readBootstrapMaterial(certs, aid)).toBeUndefined();
  });
});

it('a trust list can be signed with a P-256 key as well', () => {
  const key = PrivateKey.generate();
  const document = list();
  const signed = { ...document, authority_signature: signTrustList(document, key) };
  expect(code(verify(signed, { authority: key.publicKey }))).toBe('ok');
});
