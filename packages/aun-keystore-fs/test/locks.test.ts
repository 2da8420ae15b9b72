import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newKeyPair } from './conformance/material.js';
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
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    expect(await failureCode(() => openStore({ path, lockWaitMs: 100 }).saveKeyPair(aid, newKeyPair()))).toBe(
      'busy',
    );
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
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
