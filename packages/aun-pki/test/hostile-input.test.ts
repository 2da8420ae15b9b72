import { base64Decode, base64Encode, pemEncode } from 'aun-crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Certificate,
  certificateMatchesFingerprint,
  evaluateRevocation,
  MAX_BUNDLE_CERTIFICATES,
  normalizeFingerprint,
  parseCertificate,
  parseCertificateBundle,
  parseClientSignature,
  parseCrl,
  parseOcspResponse,
  publicKeyFromText,
  readableCertificates,
  readBootstrapMaterial,
  splitPemBundle,
  verifyChain,
  verifyOcsp,
  verifyTrustList,
} from '../src/index.js';
import { buildCrl, buildOcspResponse } from '../src/issue.js';
import { clock, createAgent, createNetwork, type Network, now, runs } from './support.js';

/** A result is fine; anything thrown fails the property. */
const isResult = (result: { ok: boolean; error?: { code: string; message: string } }) =>
  result.ok || (result.error !== undefined && result.error.code !== '' && result.error.message.length < 2000);

let net: Network;
let alice: Certificate;
let crlDer: Uint8Array;
let ocspDer: Uint8Array;

beforeAll(async () => {
  net = await createNetwork();
  ({ certificate: alice } = await createAgent(net.issuer, 'alice.example.test'));
  const entries = [{ serialHex: alice.serialHex, revokedAt: new Date(now), reason: 'superseded' as const }];
  const crl = parseCrl(buildCrl(net.issuer, { entries, clock }).crl_pem);
  if (!crl.ok) throw new Error(crl.error.message);
  crlDer = crl.data.der;
  const good = await buildOcspResponse(net.issuer, { serialHex: alice.serialHex, status: 'good', clock });
  ocspDer = base64Decode(good.ocsp_response);
});

/** One to four bytes changed, or a piece cut out, doubled, or the whole cut off. */
const mutation = fc.record({
  kind: fc.constantFrom('set', 'cut', 'double', 'truncate', 'append'),
  at: fc.nat(4096),
  length: fc.integer({ min: 1, max: 40 }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(source: Uint8Array, { kind, at, length, bytes }: Mutation): Uint8Array {
  const start = at % source.length;
  switch (kind) {
    case 'set': {
      const copy = source.slice();
      copy.set(bytes.subarray(0, copy.length - start), start);
      return copy;
    }
    case 'cut':
      return Uint8Array.from([...source.subarray(0, start), ...source.subarray(start + length)]);
    case 'double':
      return Uint8Array.from([...source.subarray(0, start + length), ...source.subarray(start)]);
    case 'truncate':
      return source.slice(0, start);
    default:
      return Uint8Array.from([...source, ...bytes]);
  }
}

const options = { numRuns: runs(400) };

describe('parsers answer hostile bytes with coded errors', { timeout: runs(30_000) }, () => {
  it('certificates: a changed one never verifies', () => {
    fc.assert(
      fc.property(mutation, (change) => {
        const der = mutate(alice.der, change);
        const parsed = parseCertificate(der);
        expect(isResult(parsed)).toBe(true);
        expect(isResult(parseCertificate(pemEncode('CERTIFICATE', der)))).toBe(true);
        if (!parsed.ok || parsed.data.fingerprint === alice.fingerprint) return;
        const verified = verifyChain(parsed.data, net.chain, { roots: [net.root.certificate], now });
        expect(isResult(verified)).toBe(true);
        // The declared algorithm outside the signed part is ignored (01 §2.1); all else is covered by the signature.
        if (verified.ok) expect(parsed.data.tbsDer).toEqual(alice.tbsDer);
      }),
      options,
    );
  });

  it('CRLs', () => {
    fc.assert(
      fc.property(mutation, (change) => {
        const der = mutate(crlDer, change);
        expect(isResult(parseCrl(der))).toBe(true);
        const evidence = { crl: { crl_pem: pemEncode('X509 CRL', der) } };
        expect(isResult(evaluateRevocation(alice, net.issuer.certificate, evidence, { now }))).toBe(true);
      }),
      options,
    );
  });

  it('OCSP responses', () => {
    fc.assert(
      fc.property(mutation, (change) => {
        const der = mutate(ocspDer, change);
        const parsed = parseOcspResponse(der);
        expect(isResult(parsed)).toBe(true);
        expect(isResult(parseOcspResponse(base64Encode(der)))).toBe(true);
        if (parsed.ok)
          expect(isResult(verifyOcsp(parsed.data, alice, net.issuer.certificate, { now }))).toBe(true);
      }),
      options,
    );
  });

  it('any bytes and any text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.string({ maxLength: 400 }), (bytes, text) => {
        for (const parse of [parseCertificate, parseCrl, parseOcspResponse]) {
          expect(isResult(parse(bytes))).toBe(true);
          expect(isResult(parse(text))).toBe(true);
        }
        for (const label of ['CERTIFICATE', 'X509 CRL']) {
          expect(isResult(parseCertificate(pemEncode(label, bytes)))).toBe(true);
          expect(isResult(parseCrl(pemEncode(label, bytes)))).toBe(true);
        }
        expect(isResult(publicKeyFromText(text))).toBe(true);
        expect(isResult(verifyTrustList(text, { now }))).toBe(true);
        expect(['', 16, 64]).toContain(normalizeFingerprint(text).length || '');
        expect(certificateMatchesFingerprint(alice, text)).toBe(false);
      }),
      options,
    );
  });

  it('any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const aid = 'alice.example.test';
        expect(isResult(parseClientSignature(value))).toBe(true);
        expect(isResult(verifyTrustList(JSON.stringify(value), { now, allowUnsigned: true }))).toBe(true);
        expect(
          isResult(evaluateRevocation(alice, net.issuer.certificate, { crl: value, ocsp: value }, { now })),
        ).toBe(true);
        readBootstrapMaterial({ [aid]: value }, aid);
        readBootstrapMaterial({ [aid]: { chain: [value], cert: alice.pem } }, aid);
      }),
      options,
    );
  });
});

describe('limits', () => {
  it('refuse oversized certificates before they are decoded', () => {
    expect(parseCertificate(new Uint8Array(100_000))).toMatchObject({
      error: { code: 'certificate_too_large' },
    });
    expect(parseCertificate('A'.repeat(100_000))).toMatchObject({ error: { code: 'certificate_too_large' } });
  });

  it('hold against deep nesting and many elements', () => {
    const nested = new Uint8Array(16_000).fill(0x30);
    for (let i = 1; i < nested.length; i += 2) nested[i] = 0x80;
    expect(parseCertificate(nested)).toMatchObject({ error: { code: 'certificate_malformed' } });
    const many = Uint8Array.from([
      0x30,
      0x82,
      0x3e,
      0x80,
      ...Array.from({ length: 8000 }, () => [5, 0]).flat(),
    ]);
    expect(parseCertificate(many)).toMatchObject({ error: { code: 'certificate_malformed' } });
  });

  it('hold for bundles', () => {
    const bundle = alice.pem.repeat(MAX_BUNDLE_CERTIFICATES + 1);
    expect(splitPemBundle(bundle)).toHaveLength(MAX_BUNDLE_CERTIFICATES);
    expect(parseCertificateBundle(bundle)).toMatchObject({ error: { code: 'certificate_malformed' } });
    expect(splitPemBundle('-----BEGIN CERTIFICATE-----\n'.repeat(50_000))).toEqual([]);
    expect(parseCertificateBundle('x'.repeat(600_000))).toMatchObject({
      error: { code: 'certificate_malformed' },
    });
  });
});

describe('PEM bundles', () => {
  it('yield their certificates in order, whatever stands between them', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'\n\r\t -abc'), { maxLength: 30 }), (noise) => {
        const gap = `\n${noise.join('')}\n`;
        const bundle = gap + net.chain.map(({ pem }) => pem).join(gap) + gap;
        const parsed = parseCertificateBundle(bundle);
        expect(parsed.ok && parsed.data.map(({ fingerprint }) => fingerprint)).toEqual(
          net.chain.map(({ fingerprint }) => fingerprint),
        );
        expect(readableCertificates(bundle)).toHaveLength(3);
        expect(splitPemBundle(bundle)).toEqual(net.chain.map(({ pem }) => pem));
      }),
      { numRuns: runs(50) },
    );
  });

  it('with CRLF line ends are read too', () => {
    const parsed = parseCertificateBundle(net.chain.map(({ pem }) => pem.replaceAll('\n', '\r\n')).join(''));
    expect(parsed).toMatchObject({ ok: true, data: [{}, {}, {}] });
  });

  it('with one damaged block fail as a whole, because the order matters', () => {
    const damaged = `${alice.pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`;
    expect(parseCertificateBundle(damaged)).toMatchObject({ error: { code: 'certificate_malformed' } });
    expect(readableCertificates(damaged)).toHaveLength(1);
  });
});

describe('a parsed certificate', () => {
  it('shares no memory with its input', () => {
    const der = alice.der.slice();
    const parsed = parseCertificate(der);
    der.fill(0);
    expect(parsed.ok && parsed.data.pem).toBe(alice.pem);
  });

  it('refuses bytes behind the structure', () => {
    const longer = Uint8Array.from([...alice.der, 0]);
    expect(parseCertificate(longer)).toMatchObject({ error: { code: 'certificate_malformed' } });
  });
});
