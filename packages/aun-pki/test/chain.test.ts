import { PrivateKey } from 'aun-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Certificate,
  ChainCache,
  parseCertificate,
  TrustStore,
  verifyAuthCertificate,
  verifyChain,
  verifyPeerCertificate,
} from '../src/index.js';
import { buildCertificate, type CertificateOrder } from '../src/issue/build-certificate.js';
import { caExtensions, leafExtensions } from '../src/issue/profiles.js';
import { newSerial } from '../src/issue/serial.js';
import { signingKey } from '../src/issue/signing-key.js';
import {
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  X509Certificate,
  X509CertificateGenerator,
} from '../src/issue/x509.js';
import {
  type CertificateAuthority,
  createIntermediateCa,
  createRootCa,
  issueCertificate,
} from '../src/issue.js';
import { clock, createAgent, createNetwork, dayMs, type Network, now } from './support.js';

const aid = 'alice.example.test';
let net: Network;
let alice: Certificate;
let key: PrivateKey;

beforeAll(async () => {
  net = await createNetwork();
  ({ certificate: alice, privateKey: key } = await createAgent(net.issuer, aid));
});

const code = (result: { ok: boolean; error?: { code: string } }) => (result.ok ? 'ok' : result.error?.code);
const check = (over: object = {}) => ({ chain: net.chain, roots: [net.root.certificate], now, ...over });

async function forge(ca: CertificateAuthority, over: Partial<CertificateOrder> = {}): Promise<Certificate> {
  return buildCertificate({
    serialHex: newSerial(),
    subject: { commonName: aid },
    issuer: ca.certificate,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + dayMs),
    publicKey: key.publicKey,
    signer: ca.privateKey,
    extensions: await leafExtensions({
      profile: 'agent',
      publicKey: key.publicKey,
      authorityKeyId: ca.certificate.subjectKeyId ?? '',
      dnsNames: [],
    }),
    ...over,
  });
}

describe('a chain as served by GET /pki/chain', () => {
  it('is accepted in the order issuer, registry, root', () => {
    expect(verifyChain(alice, net.chain, check())).toMatchObject({ ok: true });
  });

  it('may have a single level: the root issues leaves itself', async () => {
    const root = await createRootCa({ commonName: 'Tiny', curve: 'P-256', clock });
    const { certificate } = await createAgent(root, aid);
    const result = verifyChain(certificate, [root.certificate], { roots: [root.certificate], now });
    expect(code(result)).toBe('ok');
  });

  it.each([
    ['empty', () => [], 'chain_empty'],
    ['without root', () => net.chain.slice(0, 2), 'root_not_self_signed'],
    ['in the wrong order', () => [...net.chain].reverse(), 'issuer_mismatch'],
    ['with the leaf in front', () => [alice, ...net.chain], 'issuer_mismatch'],
    ['with a level left out', () => [net.chain[0], net.chain[2]], 'issuer_mismatch'],
    ['far too long', () => Array.from({ length: 9 }, () => net.root.certificate), 'chain_too_long'],
  ])('is refused when %s', (_what, chain, expected) => {
    expect(code(verifyChain(alice, chain() as Certificate[], check()))).toBe(expected);
  });

  it('is refused when it ends in a root that is not trusted, even one of the same name', async () => {
    const twin = await createRootCa({ commonName: 'Example AUN Root', organization: 'Exämple', clock });
    expect(code(verifyChain(alice, net.chain, check({ roots: [twin.certificate] })))).toBe('not_anchored');
    expect(code(verifyChain(alice, net.chain, check({ roots: [] })))).toBe('no_trusted_roots');
  });

  it('is refused when a trusted root of the same name did not sign it', async () => {
    const twin = await createRootCa({ commonName: 'Example AUN Root', organization: 'Exämple', clock });
    const chain = [...net.chain.slice(0, 2), twin.certificate];
    expect(code(verifyChain(alice, chain, check({ roots: [twin.certificate] })))).toBe(
      'key_identifier_mismatch',
    );
  });

  it('is refused when one bit of the leaf was changed', () => {
    const der = alice.der.slice();
    const at = der.length - 3;
    der[at] = (der[at] ?? 0) ^ 1;
    const forged = parseCertificate(der);
    if (!forged.ok) throw new Error(forged.error.message);
    expect(code(verifyChain(forged.data, net.chain, check()))).toBe('signature_invalid');
  });
});

describe('validity', () => {
  it.each([
    ['299 s before notBefore', -299, 'ok'],
    ['301 s before notBefore', -301, 'certificate_not_yet_valid'],
  ])('counts with 300 s of skew: %s', async (_what, seconds, expected) => {
    const root = await createRootCa({ commonName: 'Old', clock: { now: () => now - dayMs } });
    const { certificate } = await createAgent(root, aid);
    const at = certificate.notBefore.getTime() + seconds * 1000;
    expect(code(verifyChain(certificate, [root.certificate], { roots: [root.certificate], now: at }))).toBe(
      expected,
    );
  });

  it('ends 300 s after notAfter', () => {
    const end = alice.notAfter.getTime();
    expect(code(verifyChain(alice, net.chain, check({ now: end + 300_000 })))).toBe('ok');
    expect(code(verifyChain(alice, net.chain, check({ now: end + 301_000 })))).toBe('certificate_expired');
  });

  it('is demanded of every CA', async () => {
    const ca = await createIntermediateCa(net.registry, { commonName: 'short.test', validityDays: 1, clock });
    const leaf = await forge(ca, { notAfter: new Date(now + 30 * dayMs) });
    const chain = [ca.certificate, ...net.chain.slice(1)];
    expect(code(verifyChain(leaf, chain, check({ now: now + 2 * dayMs })))).toBe('certificate_expired');
  });

  it('has no skew when the caller wants none', () => {
    const end = alice.notAfter.getTime();
    expect(code(verifyChain(alice, net.chain, check({ now: end + 1000, skewSeconds: 0 })))).toBe(
      'certificate_expired',
    );
  });
});

describe('a CA', () => {
  it('must carry the CA flag', async () => {
    const leaf = await forge({ certificate: alice, privateKey: key });
    expect(code(verifyChain(leaf, [alice, ...net.chain], check()))).toBe('not_a_ca');
  });

  it('must be allowed to sign certificates if it states key usages', async () => {
    const caKey = PrivateKey.generate();
    const [constraints, , ...identifiers] = await caExtensions(
      caKey.publicKey,
      0,
      net.registry.certificate.subjectKeyId,
    );
    const certificate = await forge(net.registry, {
      subject: { commonName: 'usage.test' },
      publicKey: caKey.publicKey,
      extensions: [constraints, new KeyUsagesExtension(KeyUsageFlags.cRLSign, true), ...identifiers].filter(
        (extension) => extension !== undefined,
      ),
    });
    const leaf = await forge({ certificate, privateKey: caKey });
    expect(code(verifyChain(leaf, [certificate, ...net.chain.slice(1)], check()))).toBe('key_usage');
  });

  it('must respect the path length above it', async () => {
    const subKey = PrivateKey.generate();
    const sub = await forge(net.issuer, {
      subject: { commonName: 'sub.example.test' },
      publicKey: subKey.publicKey,
      extensions: await caExtensions(subKey.publicKey, 0, net.issuer.certificate.subjectKeyId),
    });
    const leaf = await forge({ certificate: sub, privateKey: subKey });
    expect(code(verifyChain(leaf, [sub, ...net.chain], check()))).toBe('path_length');
  });

  it('must be the one the authority key identifier names', async () => {
    const extensions = await leafExtensions({
      profile: 'agent',
      publicKey: key.publicKey,
      authorityKeyId: '00'.repeat(20),
      dnsNames: [],
    });
    const leaf = await forge(net.issuer, { extensions });
    expect(code(verifyChain(leaf, net.chain, check()))).toBe('key_identifier_mismatch');
  });

  it('on P-384 must sign with SHA-384', async () => {
    const signed = await X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: new Name([{ CN: [{ utf8String: aid }] }]),
      issuer: new X509Certificate(net.issuer.certificate.der.slice().buffer).subjectName,
      notBefore: new Date(now - dayMs),
      notAfter: new Date(now + dayMs),
      publicKey: key.publicKey.spki.slice().buffer as ArrayBuffer,
      signingKey: await signingKey(net.issuer.privateKey),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    const leaf = parseCertificate(new Uint8Array(signed.rawData));
    if (!leaf.ok) throw new Error(leaf.error.message);
    expect(code(verifyChain(leaf.data, net.chain, check()))).toBe('signature_invalid');
  });
});

describe('a leaf', () => {
  it('with a critical extension that nobody knows is refused', async () => {
    const extensions = await leafExtensions({
      profile: 'agent',
      publicKey: key.publicKey,
      authorityKeyId: net.issuer.certificate.subjectKeyId ?? '',
      dnsNames: [],
    });
    const strange = new Extension('1.2.3.4', true, Uint8Array.from([5, 0]));
    const leaf = await forge(net.issuer, { extensions: [...extensions, strange] });
    expect(code(verifyChain(leaf, net.chain, check()))).toBe('critical_extension');
  });

  it('of an agent must not be a CA certificate', () => {
    const options = { ...check(), chain: net.chain.slice(1), expectedAid: 'example.test' };
    const result = verifyPeerCertificate(net.issuer.certificate, options);
    expect(code(result)).toBe('not_a_leaf');
  });

  it('must name the AID as its first CN, whatever the case of the question', () => {
    expect(code(verifyPeerCertificate(alice, { ...check(), expectedAid: ' ALICE.example.test ' }))).toBe(
      'ok',
    );
    expect(code(verifyPeerCertificate(alice, { ...check(), expectedAid: 'bobby.example.test' }))).toBe(
      'cn_mismatch',
    );
  });

  it('must be the one asked for by fingerprint', () => {
    const ask = (fingerprint: string) =>
      code(verifyPeerCertificate(alice, { ...check(), expectedAid: aid, fingerprint }));
    expect(ask(alice.fingerprint)).toBe('ok');
    expect(ask(alice.spkiFingerprint.slice(0, 23))).toBe('ok');
    expect(ask(`sha256:${'0'.repeat(64)}`)).toBe('fingerprint_mismatch');
    expect(ask('md5:1234')).toBe('fingerprint_format');
  });

  it('of the auth service is accepted under another name, with a warning', async () => {
    const authKey = PrivateKey.generate();
    const auth = await issueCertificate(net.issuer, {
      profile: 'auth',
      commonName: 'auth.example.test',
      publicKey: authKey.publicKey,
      clock,
    });
    const named = verifyAuthCertificate(auth, { ...check(), issuer: 'example.test' });
    expect(named).toMatchObject({ ok: true, data: { warnings: [] } });
    const other = verifyAuthCertificate(auth, { ...check(), issuer: 'other.test' });
    expect(other.ok && other.data.warnings).toHaveLength(1);
  });
});

describe('the chain cache', () => {
  it('answers for the same leaf and roots without looking at the chain again', () => {
    const cache = new ChainCache();
    const options = check({ cache });
    expect(code(verifyChain(alice, [], options))).toBe('chain_empty');
    expect(code(verifyChain(alice, net.chain, options))).toBe('ok');
    expect(verifyChain(alice, [], options)).toMatchObject({ ok: true, data: { chain: net.chain } });
  });

  it('never answers for another certificate with the same serial', async () => {
    const cache = new ChainCache();
    verifyChain(alice, net.chain, check({ cache }));
    const root = await createRootCa({ commonName: 'Evil', clock });
    const twin = await forge(root, { serialHex: alice.serialHex });
    expect(code(verifyChain(twin, [root.certificate], check({ cache })))).toBe('not_anchored');
  });

  it('never answers for another set of roots', async () => {
    const cache = new ChainCache();
    verifyChain(alice, net.chain, check({ cache }));
    const other = await createRootCa({ commonName: 'Other', clock });
    expect(code(verifyChain(alice, net.chain, check({ cache, roots: [other.certificate] })))).toBe(
      'not_anchored',
    );
    const both = new TrustStore([other.certificate, net.root.certificate]);
    expect(both.id).toBe(new TrustStore([net.root.certificate, other.certificate]).id);
    expect(code(verifyChain(alice, net.chain, check({ cache, roots: both })))).toBe('ok');
  });

  it('judges the dates at every use', () => {
    const cache = new ChainCache({ ttlSeconds: 1e9 });
    verifyChain(alice, net.chain, check({ cache }));
    const later = alice.notAfter.getTime() + dayMs;
    expect(code(verifyChain(alice, net.chain, check({ cache, now: later })))).toBe('certificate_expired');
  });

  it('forgets after its time, when the clock goes back, and the oldest first', async () => {
    const cache = new ChainCache({ maxEntries: 1, ttlSeconds: 60 });
    verifyChain(alice, net.chain, check({ cache }));
    expect(code(verifyChain(alice, [], check({ cache, now: now + 61_000 })))).toBe('chain_empty');
    verifyChain(alice, net.chain, check({ cache }));
    expect(code(verifyChain(alice, [], check({ cache, now: now - 1 })))).toBe('chain_empty');
    verifyChain(alice, net.chain, check({ cache }));
    const { certificate: bobby } = await createAgent(net.issuer, 'bobby.example.test');
    verifyChain(bobby, net.chain, check({ cache }));
    expect(cache.size).toBe(1);
    expect(code(verifyChain(alice, [], check({ cache })))).toBe('chain_empty');
  });
});
