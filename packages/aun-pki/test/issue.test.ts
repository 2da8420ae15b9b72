import { hexDecode, PrivateKey } from 'aun-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate, publicKeyToText } from '../src/index.js';
import {
  createIntermediateCa,
  createRootCa,
  IssueError,
  isDnsName,
  issueCertificate,
  newSerial,
} from '../src/issue.js';
import { clock, createNetwork, dayMs, type Network, now } from './support.js';

let net: Network;
const key = PrivateKey.generate();

beforeAll(async () => {
  net = await createNetwork();
});

const agent = (over: object = {}) =>
  issueCertificate(net.issuer, {
    profile: 'agent',
    commonName: 'alice.example.test',
    publicKey: key.publicKey,
    clock,
    ...over,
  });

describe('an issued agent certificate', () => {
  it('has the profile of the specification', async () => {
    const alice = await agent();
    expect(alice).toMatchObject({
      subjectCommonName: 'alice.example.test',
      issuerCommonName: 'example.test',
      isCa: false,
      keyUsage: ['digitalSignature', 'keyAgreement'],
      authorityKeyId: net.issuer.certificate.subjectKeyId,
      dnsNames: ['alice.example.test'],
    });
    expect(alice.issuerDer).toEqual(net.issuer.certificate.subjectDer);
    expect(alice.spkiDer).toEqual(key.publicKey.spki);
    expect(alice.subjectKeyId).toMatch(/^[0-9a-f]{40}$/);
    expect(now - alice.notBefore.getTime()).toBe(600_000);
    expect(alice.notAfter.getTime() - now).toBe(730 * dayMs);
  });

  it('has no SAN when the AID is no host name', async () => {
    expect((await agent({ commonName: '_under.example.test' })).dnsNames).toEqual([]);
  });

  it('never outlives its CA', async () => {
    const alice = await agent({ validityDays: 36_500 });
    expect(alice.notAfter).toEqual(net.issuer.certificate.notAfter);
  });

  it('carries locations when asked', async () => {
    const plain = await agent();
    const located = await agent({
      locations: {
        caIssuersUrl: 'https://example.test/ca/cert',
        ocspUrl: 'https://gateway.example.test/pki/ocsp',
        crlUrl: 'https://gateway.example.test/pki/crl.json',
      },
    });
    expect(located.der.length).toBeGreaterThan(plain.der.length + 100);
  });

  it('has its name as CN even if the issuer name has other string types', async () => {
    const reparsed = parseCertificate(net.root.certificate.pem);
    expect(reparsed).toMatchObject({ ok: true, data: { subjectCommonName: 'Example AUN Root' } });
  });
});

describe('serials', () => {
  it('have 16 bytes and a first byte of 0x10 to 0x7f', () => {
    for (let round = 0; round < 500; round += 1) {
      const serial = hexDecode(newSerial());
      expect(serial).toHaveLength(16);
      expect(serial[0]).toBeGreaterThanOrEqual(0x10);
      expect(serial[0]).toBeLessThanOrEqual(0x7f);
    }
  });

  it('come from the injected source, drawn again when the first byte does not fit', () => {
    const draws = [0x00, 0x8f, 0xa5].map((first) =>
      Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? first : 7)),
    );
    const serial = newSerial(() => draws.shift() ?? new Uint8Array(16));
    expect(serial).toBe(`25${'07'.repeat(15)}`);
  });
});

describe('a CA', () => {
  it('has the profile of its level', () => {
    expect(net.root.certificate).toMatchObject({ isCa: true, pathLength: 2, selfIssued: true });
    expect(net.registry.certificate).toMatchObject({ isCa: true, pathLength: 1 });
    expect(net.issuer.certificate).toMatchObject({
      isCa: true,
      pathLength: 0,
      subjectCommonName: 'example.test',
    });
    for (const { certificate } of [net.root, net.registry, net.issuer]) {
      expect(certificate.publicKey.curve).toBe('P-384');
      expect(certificate.keyUsage).toEqual(['digitalSignature', 'keyCertSign', 'cRLSign']);
    }
  });

  it('can be made again from its stored key', async () => {
    const again = await createRootCa({
      commonName: 'Example AUN Root',
      privateKey: net.root.privateKey,
      clock,
    });
    expect(again.certificate.spkiFingerprint).toBe(net.root.certificate.spkiFingerprint);
  });
});

describe('a TLS server certificate', () => {
  it('covers wildcard names for a little more than a year', async () => {
    const names = ['gateway.example.test', '*.example.test', 'example.test'];
    const tls = await issueCertificate(net.issuer, {
      profile: 'tls-server',
      commonName: 'gateway.example.test',
      dnsNames: names,
      publicKey: key.publicKey,
      clock,
    });
    expect(tls.dnsNames).toEqual(names);
    expect(tls.ipAddresses).toEqual([]);
    expect(tls.keyUsage).toEqual(['digitalSignature']);
    expect(tls.notAfter.getTime() - now).toBe(397 * dayMs);
  });

  it('covers literal addresses beside names', async () => {
    const tls = await issueCertificate(net.issuer, {
      profile: 'tls-server',
      commonName: 'localhost',
      ipAddresses: ['127.0.0.1', '::1', '2001:db8::1'],
      publicKey: key.publicKey,
      clock,
    });
    expect(tls.dnsNames).toEqual(['localhost']);
    expect(tls.ipAddresses).toEqual(['127.0.0.1', '::1', '2001:db8::1']);
  });

  it.each([
    ['*.example.test', true],
    ['a-b.example.test', true],
    ['_a.example.test', false],
    ['a..test', false],
    ['-a.test', false],
    ['a.*.test', false],
    ['', false],
    [`${'a'.repeat(64)}.test`, false],
  ])('takes only host names: %s', (name, expected) => {
    expect(isDnsName(name)).toBe(expected);
  });
});

describe('issuing refuses', () => {
  const refusal = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(IssueError);
    return error instanceof IssueError ? error.code : undefined;
  };

  it.each([
    ['an empty name', { commonName: '' }],
    ['a name over 64 characters', { commonName: `${'a'.repeat(60)}.test` }],
    ['upper case', { commonName: 'Alice.example.test' }],
    ['a bad SAN', { dnsNames: ['a b'] }],
    ['no days', { validityDays: 0 }],
  ])('%s', async (_what, over) => {
    expect(await refusal(agent(over))).toBe('invalid_request');
  });

  it.each(['127.1', '1.2.3.256', '01.2.3.4', '::1%lo', '[::1]', '0:0:0:0:0:0:0:1', '1.2.3.4:5', ''])(
    'the address "%s"',
    async (address) => {
      expect(await refusal(agent({ ipAddresses: [address] }))).toBe('invalid_request');
    },
  );

  it('a key on another curve than P-256', async () => {
    expect(await refusal(agent({ publicKey: net.root.certificate.publicKey }))).toBe('invalid_request');
  });

  it('an issuer that is no CA, has another key, or is expired', async () => {
    const leaf = await agent();
    const asCa = issueCertificate(
      { certificate: leaf, privateKey: key },
      { profile: 'agent', commonName: 'x.y', publicKey: key.publicKey, clock },
    );
    expect(await refusal(asCa)).toBe('issuer_unsuitable');
    const foreign = { certificate: net.issuer.certificate, privateKey: net.root.privateKey };
    const byForeign = issueCertificate(foreign, {
      profile: 'agent',
      commonName: 'x.y',
      publicKey: key.publicKey,
    });
    expect(await refusal(byForeign)).toBe('issuer_unsuitable');
    const later = { now: () => net.issuer.certificate.notAfter.getTime() + dayMs };
    expect(await refusal(agent({ clock: later }))).toBe('issuer_unsuitable');
  });

  it('a CA below one whose path length is used up', async () => {
    expect(await refusal(createIntermediateCa(net.issuer, { commonName: 'sub.test', clock }))).toBe(
      'issuer_unsuitable',
    );
  });
});

it('public keys on the wire are base64 SPKI', () => {
  expect(publicKeyToText(key.publicKey)).toMatch(/^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/);
});
