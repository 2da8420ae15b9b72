import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register, type TestAgent } from './support/agent.js';
import { openPlane, type Plane } from './support/plane.js';

let plane: Plane;
let alice: TestAgent;
let folder: string;
beforeAll(async () => {
  plane = await openPlane();
  alice = await register((method, params) => plane.call(method, params), 'alice.example.test');
  folder = mkdtempSync(join(tmpdir(), 'aun-openssl-'));
});
afterAll(() => {
  plane.close();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });

/** Seconds of the fake clock, so that certificates of "then" verify now. */
const at = (): string => String(Math.floor(plane.clock.now() / 1000));

describe('openssl agrees', () => {
  it('verifies agent, auth and TLS certificates up to the root, strictly', () => {
    const { auth, chain, root } = plane.office.authorities.first;
    const untrusted = file(
      'chain.pem',
      chain
        .slice(0, 2)
        .map((cert) => cert.pem)
        .join(''),
    );
    const ca = file('root.pem', root.pem);
    const leaves = [alice.cert, auth.cert.pem, plane.office.tls.get('example.test')?.cert ?? ''];
    for (const [index, leaf] of leaves.entries()) {
      const path = file(`leaf${index}.pem`, leaf);
      const verdict = openssl(
        'verify',
        '-x509_strict',
        '-attime',
        at(),
        '-CAfile',
        ca,
        '-untrusted',
        untrusted,
        path,
      );
      expect(verdict).toContain(': OK');
    }
  });

  it('shows the profile of 01 §3.3', () => {
    const text = openssl('x509', '-in', file('alice.pem', alice.cert), '-noout', '-text');
    expect(text).toContain('Subject: CN = alice.example.test');
    expect(text).toContain('Issuer: CN = example.test');
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature/);
    expect(text).toContain('X509v3 Authority Key Identifier');
    expect(text).toContain('NIST CURVE: P-256');
  });

  it('shows a TLS certificate for the names and for this machine, and it is renewed when one is missing', async () => {
    const text = (pem: string) => openssl('x509', '-in', file('tls.pem', pem), '-noout', '-text');
    const first = plane.office.tls.get('example.test')?.cert ?? '';
    for (const name of ['DNS:gateway.example.test', 'DNS:*.example.test', 'IP Address:127.0.0.1']) {
      expect(text(first)).toContain(name);
    }
    expect(text(first)).toContain('IP Address:0:0:0:0:0:0:0:1');
    expect(text(first)).not.toContain('127.0.0.2');
    const reopen = (moreHosts: string[]) =>
      openPlane({ listen: { moreHosts } }, { dataDir: plane.dataDir, clock: plane.clock });
    const same = await reopen([]);
    expect(same.office.tls.get('example.test')?.cert).toBe(first);
    same.close();
    const more = await reopen(['127.0.0.2', '::']);
    expect(text(more.office.tls.get('example.test')?.cert ?? '')).toContain('IP Address:127.0.0.2');
    more.close();
  });

  it('reads and verifies the CRL, which lists a revoked certificate', async () => {
    const serial = plane.identity.store.active(alice.aid)?.serial ?? '';
    await plane.identity.registrar.revoke(serial, 'keyCompromise');
    const crl = plane.identity.revocation.crl('example.test');
    expect(crl.revoked_serials).toEqual([serial]);
    const path = file('crl.pem', crl.crl_pem);
    const issuer = file('issuer.pem', plane.office.authorities.first.issuerPem);
    expect(openssl('crl', '-in', path, '-noout', '-text')).toContain(serial.toUpperCase());
    expect(openssl('crl', '-in', path, '-noout', '-CAfile', issuer, '-verify')).toBe('');
  });

  it('reads the OCSP answer', async () => {
    const serial = plane.identity.store.certificates(alice.aid)[0]?.serial ?? '';
    const answer = await plane.identity.revocation.ocsp(serial);
    expect(answer.status).toBe('revoked');
    const path = join(folder, 'ocsp.der');
    writeFileSync(path, Buffer.from(answer.ocsp_response, 'base64'));
    expect(openssl('ocsp', '-respin', path, '-noverify', '-resp_text')).toContain('Cert Status: revoked');
    expect(
      (await plane.identity.revocation.ocsp(plane.office.authorities.first.auth.cert.serialHex)).status,
    ).toBe('good');
  });
});
