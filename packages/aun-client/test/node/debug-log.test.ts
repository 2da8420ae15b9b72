import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { debugLogger, readLogSettings } from '../../src/node/debug-logger.js';
import { LogFile } from '../../src/node/log-file.js';
import { FakeClock } from '../support/fake-clock.js';

const DAY_MS = 86_400_000;

describe('the debug log', () => {
  let root: string;
  const clock = new FakeClock();
  const folder = () => join(root, 'logs');
  const today = () => `ts-sdk-${new Date(clock.now()).toISOString().slice(0, 10)}.log`;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'aun-log-'));
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation(() => undefined);
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(root, { recursive: true, force: true });
  });

  it('is one file a day, readable by the owner only', async () => {
    const log = new LogFile(folder(), clock);
    log.info('connected', { gateway: 'wss://gateway.example.test/aun' });
    const first = today();
    expect(statSync(join(folder(), first)).mode & 0o077).toBe(0);
    expect(readFileSync(join(folder(), first), 'utf8')).toMatch(
      /^\S+Z info connected \{"gateway":"wss:.*\n$/,
    );
    await clock.advance(DAY_MS);
    log.info('still here');
    expect(readdirSync(folder()).sort()).toEqual([first, today()]);
  });

  it('keeps seven days, and nobody else’s files', () => {
    mkdirSync(folder());
    const old = Array.from({ length: 10 }, (_, days) =>
      new Date(clock.now() - (days + 1) * DAY_MS).toISOString().slice(0, 10),
    );
    for (const date of old) writeFileSync(join(folder(), `ts-sdk-${date}.log`), 'x');
    writeFileSync(join(folder(), 'notes.txt'), 'x');
    new LogFile(folder(), clock).debug('hello');
    const kept = readdirSync(folder());
    expect(kept).toContain('notes.txt');
    expect(kept.filter((name) => name.startsWith('ts-sdk-'))).toHaveLength(7);
  });

  it('holds no keys, tokens or payloads', () => {
    const log = debugLogger(root, true, clock, '');
    const pem = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMB\n-----END PRIVATE KEY-----';
    log.debug(`key ${pem}`, {
      access_token: 'abc-secret',
      nested: { refreshToken: 'abc-secret', list: [{ payload: 'abc-secret' }] },
      error: new Error('refused eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'),
      bytes: new TextEncoder().encode('abc-secret'),
      reason: 'expired',
    });
    const text = readFileSync(join(folder(), today()), 'utf8');
    expect(text).toContain('expired');
    expect(text + JSON.stringify(vi.mocked(console.debug).mock.calls)).not.toMatch(
      /abc-secret|MIGHAgEAMB|eyJ/,
    );
  });

  it('does not exist without debug, unless log.ini says so', () => {
    debugLogger(root, false, clock, '').error('nothing');
    expect(readdirSync(root)).toEqual([]);
    debugLogger(root, false, clock, 'debug = true\nlevel = warn\n').info('too low');
    expect(readdirSync(root)).toEqual([]);
    debugLogger(root, false, clock, '[log]\ndebug=1\nlevel=warn').warn('written');
    expect(readdirSync(folder())).toEqual([today()]);
    expect(readLogSettings('debug=off', true)).toEqual({ debug: false, level: 'debug' });
    expect(readLogSettings('garbage\nlevel=loud', true)).toEqual({ debug: true, level: 'debug' });
  });

  it('does not disturb the program when the folder cannot be written', () => {
    writeFileSync(join(root, 'logs'), 'a file where the folder should be');
    const log = new LogFile(folder(), clock);
    log.info('one');
    log.info('two');
    expect(console.warn).toHaveBeenCalledTimes(1);
  });
});
