import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64Decode, PrivateKey } from 'aun-crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Certificate } from '../src/index.js';
import { buildCrl, buildOcspResponse, issueCertificate } from '../src/issue.js';
import { createAgent, createNetwork, type Network } from './support.js';

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version']);
    return true;
  } catch {
    return false;
  }
}

/** The system's OpenSSL judges by the system clock, so nothing here is dated by the test clock. */
describe.runIf(hasOpenssl())('the openssl command', () => {
  let folder: string;
  let net: Network;
  let alice: Certificate;

  const write = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'aun-pki-'));
    net = await createNetwork();
    ({ certificate: alice } = await createAgent(net.issuer, 'alice.example.test'));
    write('root.pem', net.root.certificate.pem);
    write('ca.pem', net.chain.map(({ pem }) => pem).join(''));
    write('alice.pem', alice.pem);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const at = () => ['-attime', String(Math.floor(alice.notBefore.getTime() / 1000) + 700)];

  it('verifies agent certificates strictly', () => {
    const files = [
      '-CAfile',
      join(folder, 'root.pem'),
      '-untrusted',
      join(folder, 'ca.pem'),
      join(folder, 'alice.pem'),
    ];
    expect(openssl('verify', '-x509_strict', ...at(), ...files)).toContain('alice.pem: OK');
  });

  it('verifies TLS certificates for every host of the issuer', async () => {
    const tls = await issueCertificate(net.issuer, {
      profile: 'tls-server',
      commonName: 'gateway.example.test',
      dnsNames: ['gateway.example.test', '*.example.test'],
      publicKey: PrivateKey.generate().publicKey,
      clock: { now: () => alice.notBefore.getTime() + 600_000 },
    });
    const files = [
      '-CAfile',
      join(folder, 'root.pem'),
      '-untrusted',
      join(folder, 'ca.pem'),
      write('tls.pem', tls.pem),
    ];
    for (const host of ['gateway.example.test', 'alice.example.test']) {
      const purpose = ['-purpose', 'sslserver', '-verify_hostname', host];
      expect(openssl('verify', ...at(), ...purpose, ...files)).toContain('tls.pem: OK');
    }
  });

  it('shows names, serial and usages as issued', () => {
    const text = openssl('x509', '-in', join(folder, 'alice.pem'), '-noout', '-text');
    expect(text).toMatch(/Subject: CN ?= ?alice\.example\.test/);
    expect(text).toMatch(/Issuer: CN ?= ?example\.test/);
    expect(text.replace(/[\s:]/g, '')).toContain(alice.serialHex);
    expect(text).toContain('CA:FALSE');
    expect(text).toContain('Digital Signature, Key Agreement');
    expect(text).toContain('DNS:alice.example.test');
    expect(text).toContain('Version: 3');
  });

  it('reads and verifies our CRL', () => {
    const revokedAt = new Date('2026-02-01T00:00:00Z');
    const { crl_pem } = buildCrl(net.issuer, {
      entries: [{ serialHex: alice.serialHex, revokedAt, reason: 'keyCompromise' }],
    });
    const path = write('crl.pem', crl_pem);
    const verified = execFileSync('sh', [
      '-c',
      'openssl crl -in "$1" -CAfile "$2" -noout -text 2>&1',
      'sh',
      path,
      join(folder, 'ca.pem'),
    ]).toString();
    expect(verified).toContain('verify OK');
    expect(verified.toLowerCase()).toContain(alice.serialHex);
    expect(verified).toContain('Key Compromise');
  });

  it('reads our OCSP answers and verifies their signature', async () => {
    const answer = await buildOcspResponse(net.issuer, { serialHex: alice.serialHex, status: 'good' });
    const path = write('ocsp.der', base64Decode(answer.ocsp_response));
    const shown = openssl('ocsp', '-respin', path, '-noverify', '-resp_text');
    expect(shown).toContain('Cert Status: good');
    expect(shown.toLowerCase()).toContain(`serial number: ${alice.serialHex}`);
    // -VAfile: the certID hashes the full SPKI (01 §4.5), so OpenSSL cannot find out by itself who may answer.
    const check = 'openssl ocsp -respin "$1" -VAfile "$2" 2>&1';
    const issuer = write('issuer.pem', net.issuer.certificate.pem);
    const verified = execFileSync('sh', ['-c', check, 'sh', path, issuer]).toString();
    expect(verified).toContain('Response verify OK');
  });
});
