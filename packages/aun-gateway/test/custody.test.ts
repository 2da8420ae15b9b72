import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CustodyError } from '../src/ca/custody/custody-error.js';
import { KeyVault } from '../src/ca/custody/key-vault.js';
import { openCertificateOffice } from '../src/ca/open-ca.js';
import { loadConfig } from '../src/config/load.js';
import { fakeClock } from './support/fake-clock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aun-custody-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const passphrase = (text: string) => ({ kind: 'passphrase', passphrase: text }) as const;

describe('key vault', () => {
  it('gives keys back to who knows the passphrase, and to nobody else', () => {
    const key = KeyVault.open(folder, passphrase('correct horse')).create('root', 'P-384');
    const again = KeyVault.open(folder, passphrase('correct horse')).read('root');
    expect(again.publicKey.equals(key.publicKey)).toBe(true);
    expect(() => KeyVault.open(folder, passphrase('wrong')).read('root')).toThrow(CustodyError);
    const file = { kind: 'file', file: join(folder, 'secret.key') } as const;
    expect(() => KeyVault.open(folder, file)).toThrow('encrypted with a passphrase');
  });

  it('writes nothing readable: mode 0600, no key bytes', () => {
    const key = KeyVault.open(folder, passphrase('x')).create('a/b', 'P-256');
    const file = join(folder, 'a', 'b.key.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const scalar = Buffer.from(key.toScalar());
    const text = readFileSync(file, 'utf8');
    for (const form of ['hex', 'base64'] as const)
      expect(text).not.toContain(scalar.toString(form).slice(4, 40));
  });

  it('notices a swapped, damaged or missing file', () => {
    const vault = KeyVault.open(folder, passphrase('x'));
    vault.create('one', 'P-256');
    vault.create('two', 'P-256');
    renameSync(join(folder, 'one.key.json'), join(folder, 'two.key.json'));
    expect(() => vault.read('two')).toThrow(CustodyError);
    expect(() => vault.read('one')).toThrow('is missing');
    writeFileSync(join(folder, 'two.key.json'), '{"version":1');
    expect(() => vault.read('two')).toThrow('is damaged');
  });
});

describe('certificate office', () => {
  const config = () => loadConfig({ overrides: { dataDir: folder, issuers: ['a.example', 'b.example'] } });

  it('makes a hierarchy per issuer once and opens the same one afterwards', async () => {
    const clock = fakeClock();
    const first = await openCertificateOffice(config(), clock);
    const second = await openCertificateOffice(config(), clock);
    expect(second.authorities.all.map(({ chainPem }) => chainPem)).toEqual(
      first.authorities.all.map(({ chainPem }) => chainPem),
    );
    expect(second.authorities.first.auth.cert.pem).toBe(first.authorities.first.auth.cert.pem);
    expect(second.trustList).toEqual(first.trustList);
    expect([...second.tls.values()]).toEqual([...first.tls.values()]);
    const [one, two] = first.authorities.all;
    expect(one?.root.equals(two?.root ?? first.authorities.first.root)).toBe(false);
    const { root, registry, issuer } = first.authorities.first.hierarchy;
    expect([root, registry].map((cert) => [cert.publicKey.curve, cert.pathLength])).toEqual([
      ['P-384', 2],
      ['P-384', 1],
    ]);
    expect([issuer.certificate.subjectCommonName, issuer.certificate.pathLength]).toEqual(['a.example', 0]);
  });

  it('completes a first start that was interrupted after any file', async () => {
    await openCertificateOffice(config(), fakeClock());
    const issuerFolder = join(folder, 'ca', 'a.example');
    for (const lost of ['issuer.crt', 'tls.crt', 'tls.key.json']) {
      rmSync(join(issuerFolder, lost));
      const again = await openCertificateOffice(config(), fakeClock());
      expect(again.authorities.first.chain).toHaveLength(3);
    }
  });

  it('works without the keys of root and registry: they may be kept offline', async () => {
    await openCertificateOffice(config(), fakeClock());
    for (const level of ['root', 'registry']) rmSync(join(folder, 'ca', 'a.example', `${level}.key.json`));
    await openCertificateOffice(config(), fakeClock());
    rmSync(join(folder, 'ca', 'a.example', 'issuer.key.json'));
    await expect(openCertificateOffice(config(), fakeClock())).rejects.toThrow(CustodyError);
  });

  it('renews auth and TLS certificates at half their life and leaves the old auth key valid for tokens', async () => {
    const clock = fakeClock();
    const before = await openCertificateOffice(config(), clock);
    clock.advance(366 * 86_400);
    const after = await openCertificateOffice(config(), clock);
    const old = before.authorities.first.auth.cert.serialHex;
    expect(after.authorities.first.auth.cert.serialHex).not.toBe(old);
    expect(after.authorities.verificationKey(old)?.issuer).toBe('a.example');
    expect(after.tls.get('a.example')?.cert).not.toBe(before.tls.get('a.example')?.cert);
    expect(after.rootBundle).toBe(before.rootBundle);
    expect(Number(after.trustList.version)).toBe(1);
    expect(after.trustList.issued_at).not.toBe(before.trustList.issued_at);
  });

  it('gives the trust list a higher version when a root is added', async () => {
    const one = loadConfig({ overrides: { dataDir: folder, issuers: ['a.example'] } });
    expect((await openCertificateOffice(one, fakeClock())).trustList.version).toBe(1);
    expect((await openCertificateOffice(config(), fakeClock())).trustList.version).toBe(2);
  });

  it('leaves no temporary files behind', async () => {
    await openCertificateOffice(config(), fakeClock());
    const files = readdirSync(folder, { recursive: true }).map(String);
    expect(files.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
