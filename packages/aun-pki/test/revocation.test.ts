import { base64Encode } from 'aun-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Certificate,
  evaluateRevocation,
  normalizeSerial,
  parseCrl,
  parseOcspResponse,
  revocationDate,
  verifyCrl,
  verifyOcsp,
  verifyPeerCertificate,
} from '../src/index.js';
import { buildCrl, buildOcspResponse, type CertificateAuthority, IssueError } from '../src/issue.js';
import { clock, createAgent, createNetwork, dayMs, type Network, now } from './support.js';

let net: Network;
let alice: Certificate;
let bobby: Certificate;

beforeAll(async () => {
  net = await createNetwork();
  ({ certificate: alice } = await createAgent(net.issuer, 'alice.example.test'));
  ({ certificate: bobby } = await createAgent(net.issuer, 'bobby.example.test'));
});

const listing = (...revoked: Certificate[]) =>
  buildCrl(net.issuer, {
    entries: revoked.map(({ serialHex }) => ({ serialHex, revokedAt: new Date(now - dayMs) })),
    clock,
  });

const status = (certificate: Certificate, evidence: object, over: object = {}) => {
  const result = evaluateRevocation(certificate, net.issuer.certificate, evidence, { now, ...over });
  return result.ok ? result.data.status : result.error.code;
};

describe('a CRL', () => {
  it('names the certificates that were revoked, and no others', () => {
    const parsed = parseCrl(listing(bobby).crl_pem);
    if (!parsed.ok) throw new Error(parsed.error.message);
    expect(verifyCrl(parsed.data, net.issuer.certificate, { now })).toMatchObject({ ok: true });
    expect(revocationDate(parsed.data, bobby.serialHex)).toEqual(new Date(now - dayMs));
    expect(revocationDate(parsed.data, `00${bobby.serialHex.toUpperCase()}`)).toBeInstanceOf(Date);
    expect(revocationDate(parsed.data, alice.serialHex)).toBeUndefined();
  });

  it('is dated five minutes back and for a day ahead', () => {
    const document = listing();
    const parsed = parseCrl(document.crl_pem);
    if (!parsed.ok) throw new Error(parsed.error.message);
    expect(parsed.data.thisUpdate.getTime()).toBe(now - 300_000);
    expect(parsed.data.nextUpdate?.getTime()).toBe(now + dayMs);
    expect(document).toMatchObject({ revoked_serials: [], next_update: (now + dayMs) / 1000 });
    expect(document.crl_pem.startsWith('-----BEGIN X509 CRL-----\n')).toBe(true);
  });

  it.each([
    ['another CA', () => net.registry.certificate, now, 'crl_issuer_mismatch'],
    ['a later day', () => net.issuer.certificate, now + 2 * dayMs, 'crl_not_current'],
    ['an earlier day', () => net.issuer.certificate, now - 2 * dayMs, 'crl_not_current'],
  ])('does not count for %s', (_what, issuer, at, code) => {
    const parsed = parseCrl(listing(bobby).crl_pem);
    if (!parsed.ok) throw new Error(parsed.error.message);
    expect(verifyCrl(parsed.data, issuer(), { now: at })).toMatchObject({ error: { code } });
  });

  it('refuses serials that are none', () => {
    const bad = { entries: [{ serialHex: 'xyz', revokedAt: new Date(now) }], clock };
    expect(() => buildCrl(net.issuer, bad)).toThrow(IssueError);
  });

  it('may hold serials whose first bit is set', () => {
    const entries = [{ serialHex: 'ff01', revokedAt: new Date(now) }];
    const parsed = parseCrl(buildCrl(net.issuer, { entries, clock }).crl_pem);
    expect(parsed.ok && [...parsed.data.entries.keys()]).toEqual(['ff01']);
  });
});

describe('an OCSP answer', () => {
  const ask = async (
    certificate: Certificate,
    how: 'good' | 'revoked' | 'unknown',
    ca: CertificateAuthority = net.issuer,
  ) =>
    buildOcspResponse(ca, {
      serialHex: certificate.serialHex,
      status: how,
      revokedAt: new Date(now - dayMs),
      clock,
    });

  it.each(['good', 'revoked'] as const)('says %s about its own certificate only', async (how) => {
    const parsed = parseOcspResponse((await ask(alice, how)).ocsp_response);
    if (!parsed.ok) throw new Error(parsed.error.message);
    const own = verifyOcsp(parsed.data, alice, net.issuer.certificate, { now });
    expect(own).toMatchObject({ ok: true, data: { status: how } });
    const other = verifyOcsp(parsed.data, bobby, net.issuer.certificate, { now });
    expect(other).toMatchObject({ error: { code: 'ocsp_not_for_certificate' } });
    const later = verifyOcsp(parsed.data, alice, net.issuer.certificate, { now: now + dayMs });
    expect(later).toMatchObject({ error: { code: 'ocsp_not_current' } });
    const foreign = verifyOcsp(parsed.data, alice, net.registry.certificate, { now });
    expect(foreign).toMatchObject({ error: { code: 'ocsp_signature_invalid' } });
  });

  it('for an unknown serial carries no answer', async () => {
    const answer = await ask(alice, 'unknown');
    expect(answer).toEqual({ status: 'unknown', ocsp_response: 'MAMKAQY=' });
    expect(parseOcspResponse(answer.ocsp_response)).toMatchObject({ error: { code: 'ocsp_unsuccessful' } });
  });
});

describe('only "revoked" is fatal', () => {
  const good = async () =>
    buildOcspResponse(net.issuer, { serialHex: alice.serialHex, status: 'good', clock });
  const revoked = async () =>
    buildOcspResponse(net.issuer, {
      serialHex: alice.serialHex,
      status: 'revoked',
      revokedAt: new Date(now - dayMs),
      clock,
    });

  it('good when one of the two says so', async () => {
    expect(status(alice, { crl: listing(bobby), ocsp: await good() })).toBe('good');
    expect(status(alice, { crl: listing(bobby) })).toBe('good');
    expect(status(alice, { ocsp: await good() })).toBe('good');
  });

  it('revoked when one of the two says so', async () => {
    expect(status(alice, { crl: listing(alice), ocsp: await good() })).toBe('certificate_revoked');
    expect(status(alice, { crl: listing(), ocsp: await revoked() })).toBe('certificate_revoked');
  });

  it('unknown, with warnings, when nothing is there or nothing is usable', () => {
    for (const evidence of [
      {},
      { crl: null, ocsp: null },
      { crl: 'x', ocsp: [] },
      { crl: { crl_pem: '' }, ocsp: { status: 'good', ocsp_response: '' } },
      { crl: { crl_pem: 7, revoked_serials: 'x' }, ocsp: { status: 5 } },
    ]) {
      const result = evaluateRevocation(alice, net.issuer.certificate, evidence, { now });
      expect(result).toMatchObject({ ok: true, data: { status: 'unknown' } });
      expect(result.ok && result.data.warnings.length).toBe(2);
      expect(result.ok && result.data.warnings.join()).not.toContain('revoked');
      expect(status(alice, evidence, { strictRevocation: true })).toBe('revocation_unknown');
    }
  });

  it('the plain members count where no signature can be used', () => {
    expect(status(alice, { crl: { crl_pem: '', revoked_serials: [`0${alice.serialHex}`] } })).toBe(
      'certificate_revoked',
    );
    expect(status(alice, { ocsp: { status: 'revoked', ocsp_response: 'MAMKAQY=' } })).toBe(
      'certificate_revoked',
    );
  });

  it('a signature wins over the plain members', async () => {
    const lying = { ...listing(bobby), revoked_serials: [alice.serialHex] };
    expect(status(alice, { crl: lying })).toBe('good');
    const mismatch = { ...(await good()), status: 'revoked' };
    const result = evaluateRevocation(alice, net.issuer.certificate, { ocsp: mismatch }, { now });
    expect(result).toMatchObject({ ok: true, data: { status: 'good' } });
    expect(result.ok && result.data.warnings).toContain('OCSP status mismatch');
    expect(status(alice, { ocsp: { ...(await revoked()), status: 'good' } })).toBe('certificate_revoked');
  });

  it('a signed revocation counts even when its list is out of date', () => {
    expect(status(alice, { crl: listing(alice) }, { now: now + 30 * dayMs })).toBe('certificate_revoked');
    expect(status(alice, { crl: listing(bobby) }, { now: now + 30 * dayMs })).toBe('unknown');
  });

  it('a list of another CA is no statement', async () => {
    const other = buildCrl(net.registry, {
      entries: [{ serialHex: alice.serialHex, revokedAt: new Date(now) }],
      clock,
    });
    expect(status(alice, { crl: { crl_pem: other.crl_pem } })).toBe('unknown');
  });

  it('is part of the verdict on a peer', async () => {
    const check = { chain: net.chain, roots: [net.root.certificate], now, expectedAid: 'alice.example.test' };
    const judged = (revocation: object | undefined, strictRevocation = false) => {
      const result = verifyPeerCertificate(alice, { ...check, revocation, strictRevocation });
      return result.ok ? (result.data.revocation?.status ?? 'not judged') : result.error.code;
    };
    expect(judged(undefined)).toBe('not judged');
    expect(judged({})).toBe('unknown');
    expect(judged(undefined, true)).toBe('revocation_unknown');
    expect(judged({ ocsp: await good() }, true)).toBe('good');
    expect(judged({ ocsp: await revoked() })).toBe('certificate_revoked');
  });
});

describe('serials compare as numbers', () => {
  it.each([
    ['0a', '0a'],
    ['A', '0a'],
    ['00000a', '0a'],
    ['0x1f', '1f'],
    ['1F:3c', '1f3c'],
    ['0', '00'],
    ['', undefined],
    ['xyz', undefined],
    ['1'.repeat(200), undefined],
  ])('%s', (text, expected) => {
    expect(normalizeSerial(text)).toBe(expected);
  });
});

it('oversized status documents are refused before they are decoded', () => {
  expect(parseCrl('x'.repeat(2_000_000))).toMatchObject({ error: { code: 'crl_too_large' } });
  expect(parseCrl(new Uint8Array(2_000_000))).toMatchObject({ error: { code: 'crl_too_large' } });
  const text = base64Encode(new Uint8Array(100_000));
  expect(parseOcspResponse(text)).toMatchObject({ error: { code: 'ocsp_too_large' } });
});
