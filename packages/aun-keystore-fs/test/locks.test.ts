import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { beat } from '../src/lock/held-locks.js';
import { openContexts } from '../src/store-options.js';
import { newKeyPair } from './conformance/material.js';
import { buildProgram } from './crash/run-child.js';
import { failureCode, newDirectory, openStore } from './store-directory.js';

const aid = 'alice.locks.test';
const lockOf = (path: string): string => join(path, 'locks', 'identity', `${aid}.lock`);
/** Process 1 always lives. */
const LIVING = 1;
const DEAD = 0x7ffffff0;

function foreignLock(path: string, owner: object | null, ageMs = 0): void {
  mkdirSync(lockOf(path), { recursive: true });
  if (owner !== null) writeFileSync(join(lockOf(path), 'owner.json'), JSON.stringify(owner));
  const then = (Date.now() - ageMs) / 1000;
  utimesSync(lockOf(path), then, then);
}

describe('the identity lock (08 §8.1)', () => {
  it('of a living process makes a call wait and then say so', async () => {
    const path = newDirectory();
    foreignLock(path, { pid: LIVING, ts: Date.now() });
    const store = openStore({ path, lockWaitMs: 60 });
    for (const save of [
      () => store.saveKeyPairSync(aid, newKeyPair()),
      () => store.saveKeyPair(aid, newKeyPair()),
    ]) {
      expect(await failureCode(save)).toBe('busy');
    }
    expect(() => store.saveKeyPairSync(aid, newKeyPair())).toThrow('identity store lock timeout');
    expect(existsSync(lockOf(path))).toBe(true);
    expect(store.loadKeyPairSync(aid)).toBeNull();
  });

  it('lets the event loop run while an asynchronous call waits', async () => {
    const path = newDirectory();
    foreignLock(path, { pid: LIVING, ts: Date.now() });
    let hasTurned = false;
    setImmediate(() => {
      hasTurned = true;
    });
    expect(await failureCode(() => openStore({ path, lockWaitMs: 100 }).saveKeyPair(aid, newKeyPair()))).toBe(
      'busy',
    );
    expect(hasTurned).toBe(true);
  });

  const abandoned: readonly [string, object | null, number][] = [
    ['whose owner is dead', { pid: DEAD, ts: 1 }, 0],
    ['whose owner on this host is dead', { pid: DEAD, ts: 1, host: hostname() }, 0],
    ['without a heartbeat for 30 s', { pid: LIVING, ts: 1 }, 31_000],
    ['with a time far in the future, from a clock set back', { pid: LIVING, ts: 1 }, -3_600_000],
    ['whose owner died before signing it', null, 2_000],
  ];
  for (const [what, owner, age] of abandoned) {
    it(`${what} is taken over at once`, () => {
      const path = newDirectory();
      foreignLock(path, owner, age);
      openStore({ path, lockWaitMs: 500 }).saveKeyPairSync(aid, newKeyPair());
      expect(readdirSync(join(path, 'locks', 'identity'))).toEqual([]);
    });
  }

  it('of a process that is killed while it holds it is taken over at once', async () => {
    const path = newDirectory();
    const program = await buildProgram('lock-child', 'test/locks/child.ts');
    const child = spawn(process.execPath, [program, path, aid], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    expect(
      await failureCode(() => openStore({ path, lockWaitMs: 60 }).saveKeyPairSync(aid, newKeyPair())),
    ).toBe('busy');
    child.kill('SIGKILL');
    await ended;
    openStore({ path, lockWaitMs: 500 }).saveKeyPairSync(aid, newKeyPair());
    expect(readdirSync(join(path, 'locks', 'identity'))).toEqual([]);
  });

  it('is waited for at most 2 s by a synchronous call, whatever the asynchronous ones wait', () => {
    const waits = (options: object) => {
      const contexts = openContexts({ path: newDirectory(), seed: '', ...options });
      return [contexts.sync.lockWaitMs, contexts.async.lockWaitMs];
    };
    expect(waits({})).toEqual([2_000, 30_000]);
    expect(waits({ lockWaitMs: 60_000 })).toEqual([2_000, 60_000]);
    expect(waits({ lockWaitMs: 50 })).toEqual([50, 50]);
  });

  it('that another flow of this process holds too long ends in busy, and later flows get it', async () => {
    const path = newDirectory();
    const [store, other] = [openStore({ path }), openStore({ path, lockWaitMs: 30 })];
    let release = (): void => {};
    const held = store.lockIdentity(
      aid,
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    let worked = false;
    const late = other.lockIdentity(aid, async () => {
      worked = true;
    });
    expect(await failureCode(() => late)).toBe('busy');
    release();
    await held;
    expect(await other.lockIdentity(aid, async () => 7)).toBe(7);
    expect(worked).toBe(false);
  });

  it('of a dead pid on another host is respected', async () => {
    const path = newDirectory();
    foreignLock(path, { pid: DEAD, ts: 1, host: 'elsewhere' });
    expect(
      await failureCode(() => openStore({ path, lockWaitMs: 60 }).saveKeyPairSync(aid, newKeyPair())),
    ).toBe('busy');
  });

  it('that a killed breaker left marked is taken over too', () => {
    const path = newDirectory();
    foreignLock(path, { pid: DEAD, ts: 1 });
    writeFileSync(join(lockOf(path), 'breaking'), JSON.stringify({ pid: DEAD, ts: 2 }));
    openStore({ path, lockWaitMs: 500 }).saveKeyPairSync(aid, newKeyPair());
    expect(existsSync(lockOf(path))).toBe(false);
  });

  it('shows pid and time of its owner while it is held, and is gone afterwards', async () => {
    const path = newDirectory();
    const store = openStore({ path });
    await store.lockIdentity(aid, async () => {
      const owner = JSON.parse(readFileSync(join(lockOf(path), 'owner.json'), 'utf8')) as {
        pid: number;
        ts: number;
      };
      expect(owner.pid).toBe(process.pid);
      expect(Math.abs(owner.ts - Date.now())).toBeLessThan(60_000);
      store.saveKeyPairSync(aid, newKeyPair());
      expect(existsSync(lockOf(path))).toBe(true);
    });
    expect(existsSync(lockOf(path))).toBe(false);
  });

  it('is refreshed while it is held, so that long work does not look abandoned', async () => {
    const path = newDirectory();
    await openStore({ path }).lockIdentity(aid, async () => {
      const now = Date.now();
      const longAgo = (now - 29_000) / 1000;
      utimesSync(lockOf(path), longAgo, longAgo);
      beat(now + 6_000);
      expect(statSync(lockOf(path)).mtimeMs).toBeGreaterThan(now);
    });
    expect(existsSync(lockOf(path))).toBe(false);
  });

  it('is not needed for reading', () => {
    const path = newDirectory();
    const keyPair = newKeyPair();
    openStore({ path }).saveKeyPairSync(aid, keyPair);
    foreignLock(path, { pid: LIVING, ts: Date.now() });
    expect(openStore({ path, lockWaitMs: 30 }).loadKeyPairSync(aid)).toEqual(keyPair);
  });

  it('makes a seed change wait for a registration that is under way', async () => {
    const path = newDirectory();
    const store = openStore({ path, lockWaitMs: 60 });
    store.saveKeyPairSync(aid, newKeyPair());
    await store.lockIdentity(aid, async () => {
      expect(await failureCode(() => store.changeSeedSync('seed', 'next'))).toBe('busy');
    });
    expect(store.changeSeedSync('seed', 'next')).toBe(1);
  });
});

describe('the lock of a card (09 §7.1)', () => {
  const cardLock = (path: string): string => join(path, 'AIDs', aid, 'agentmd.json.lock');
  const card = { content: new TextEncoder().encode('# Alice\n') };

  for (const [what, text, ageMs] of [
    ['of a dead process', `${DEAD}\n`, 2_000],
    ['whose owner died before signing it', '', 2_000],
    ['that is older than 30 s', `${LIVING}\n`, 31_000],
  ] as const) {
    it(`${what} is taken over`, async () => {
      const path = newDirectory();
      mkdirSync(join(path, 'AIDs', aid), { recursive: true });
      writeFileSync(cardLock(path), text);
      const then = (Date.now() - ageMs) / 1000;
      utimesSync(cardLock(path), then, then);
      const store = openStore({ path });
      await store.saveAgentMd(aid, card);
      expect((await store.loadAgentMd(aid)).content).toEqual(card.content);
      expect(existsSync(cardLock(path))).toBe(false);
      expect(readdirSync(join(path, 'locks', 'identity'))).toEqual([]);
    });
  }
});
