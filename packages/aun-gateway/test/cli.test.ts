import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../src/cli/main.js';
import { startTestGateway } from '../src/testing.js';

let folder: string;
let out: string;
let err: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aun-cli-'));
  out = '';
  err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const expectOneSentence = () => {
  expect(
    err
      .trim()
      .split('\n')
      .filter((line) => line !== '(try --help)'),
  ).toHaveLength(1);
  expect(err).not.toContain('    at ');
};

describe('bad input ends with one sentence and an exit code', () => {
  it.each([
    [['dev', '--bogus'], 'unknown option'],
    [['dev', '--port', 'abc'], 'a port is a number from 0 to 65535'],
    [['dev', '--port', '70000'], 'a port is a number from 0 to 65535'],
    [['dev', '--issuer', 'a!b'], 'an issuer consists of'],
    [['serve', '--config', '/nowhere/gateway.json'], 'Cannot read the configuration file'],
    [['frobnicate'], 'unknown command'],
  ])('%j', async (args, text) => {
    expect(await main(args)).not.toBe(0);
    expect(err).toContain(text);
    expectOneSentence();
  });

  it('a file where the data folder should be', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(await main(['dev', '--port', '0', '--data', join(file, 'below')])).toBe(1);
    expect(err).toContain('cannot be used');
    expectOneSentence();
  });

  it('a port in use; the folder is free again afterwards', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await main(['dev', '--port', String(port), '--data', folder])).toBe(1);
    await new Promise((resolve) => blocker.close(resolve));
    expect(err).toContain(`Cannot listen on 127.0.0.1:${port}: another program uses this port`);
    expectOneSentence();
    const gateway = await startTestGateway({ dataDir: folder });
    await gateway.stop();
  });

  it('a folder that another gateway uses', async () => {
    const gateway = await startTestGateway({ dataDir: folder });
    expect(await main(['dev', '--port', '0', '--data', folder])).toBe(1);
    await gateway.stop();
    expect(err).toContain('Another gateway uses the data folder');
    expectOneSentence();
  });

  it('an unknown setting, a wrong value, and broken JSON in the configuration file', async () => {
    const file = join(folder, 'gateway.json');
    const cases: [string, string][] = [
      ['{"colour":"red"}', 'colour'],
      ['{"listen":{"port":"x"}}', 'setting "listen.port"'],
      ['{', 'is not valid JSON'],
    ];
    for (const [text, expected] of cases) {
      err = '';
      writeFileSync(file, text);
      expect(await main(['serve', '--config', file])).toBe(1);
      expect(err).toContain(expected);
      expectOneSentence();
    }
  });

  it('a secret file that others can read, and a wrong secret', async () => {
    expect(await main(['ca', 'init', '--data', folder])).toBe(0);
    const secret = join(folder, 'secret.key');
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    chmodSync(secret, 0o644);
    expect(await main(['ca', 'show', '--data', folder])).toBe(1);
    expect(err).toContain('can be read by others');
    chmodSync(secret, 0o600);
    writeFileSync(secret, `${'0'.repeat(64)}\n`);
    expect(await main(['ca', 'show', '--data', folder])).toBe(1);
    expect(err).toContain('cannot be decrypted: wrong passphrase or secret file');
  });
});

describe('operator commands', () => {
  it('init and show print the hierarchy', async () => {
    expect(await main(['ca', 'init', '--data', folder, '--issuer', 'a.example'])).toBe(0);
    expect(out).toContain('a.example AUN Root');
    const first = out;
    out = '';
    expect(await main(['ca', 'show', '--data', folder, '--issuer', 'a.example'])).toBe(0);
    expect(out).toBe(first);
  });

  it('issuer add makes a CA of its own and remembers the domain', async () => {
    expect(await main(['ca', 'init', '--data', folder])).toBe(0);
    expect(await main(['issuer', 'add', 'B.Example', '--data', folder])).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'gateway.json'), 'utf8'))).toEqual({
      issuers: ['aun.localhost', 'b.example'],
    });
    expect(readFileSync(join(folder, 'root.crt'), 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(await main(['issuer', 'add', 'b.example', '--data', folder])).toBe(1);
    expect(err).toContain('b.example is served already');
  });

  it('rotate gives the auth service a new certificate', async () => {
    await main(['ca', 'init', '--data', folder]);
    const serial = (text: string) => /auth {6}.*\n.*serial ([0-9a-f]+)/.exec(text)?.[1];
    const before = serial(out);
    expect(await main(['ca', 'rotate', '--data', folder])).toBe(0);
    out = '';
    await main(['ca', 'show', '--data', folder]);
    expect(before).toMatch(/^[0-9a-f]{32}$/);
    expect(serial(out)).not.toBe(before);
  });

  it('revoke and suspend refuse what is not known', async () => {
    expect(await main(['ca', 'revoke', 'nobody.aun.localhost', '--data', folder])).toBe(1);
    expect(err).toContain('No certificate is known for nobody.aun.localhost.');
    expect(await main(['aid', 'suspend', 'nobody.aun.localhost', '--data', folder])).toBe(1);
    expect(err).toContain('nobody.aun.localhost is not registered here.');
  });
});
