import { describe, expect, it } from 'vitest';
import { codeOf, newKeyPair } from '../../aun-keystore-fs/test/conformance/material.js';
import type { StoreChange } from '../src/index.js';
import { newPlatform, openStore } from './places.js';

const alice = 'alice.tabs.test';

describe('change notices', () => {
  it('tell other stores what was written, without its contents', async () => {
    const platform = newPlatform();
    const [store, other] = [openStore({ platform }), openStore({ platform })];
    const seen: StoreChange[] = [];
    const second = new Promise<void>((resolve) => {
      other.onChange((change) => {
        seen.push(change);
        if (seen.length === 2) resolve();
      });
    });
    await store.saveKeyPair(alice, newKeyPair());
    await store.changeSeed('seed', 'next');
    await second;
    expect(seen).toEqual([{ kind: 'identities', aid: alice }, { kind: 'seed' }]);
  });

  it('do not pass on what any script of the origin posts', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    const seen: StoreChange[] = [];
    const told = new Promise<void>((resolve) => {
      store.onChange((change) => {
        seen.push(change);
        resolve();
      });
    });
    const channel = new BroadcastChannel('aun-keystore');
    for (const junk of [null, 7, {}, { kind: 'x' }, { kind: 'seed', aid: 7, more: 1 }])
      channel.postMessage(junk);
    await told;
    channel.close();
    expect(seen).toEqual([{ kind: 'seed' }]);
  });
});

describe('identity locks', () => {
  /** Web Locks as far as the store uses them: a name is held by one, the others wait or are aborted. */
  const unavailable = {
    request: (_name: string, { signal }: { signal?: AbortSignal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  } as unknown as LockManager;

  it('that another tab holds too long end in busy', async () => {
    const store = openStore({ platform: newPlatform({ locks: unavailable }), lockWaitMs: 20 });
    expect(await codeOf(store.lockIdentity(alice, async () => 1))).toBe('busy');
  });

  it('that another store of this page holds too long end in busy, and later ones are granted', async () => {
    const platform = newPlatform();
    const [store, other] = [openStore({ platform }), openStore({ platform, lockWaitMs: 20 })];
    let release = (): void => {};
    const held = store.lockIdentity(
      alice,
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    expect(await codeOf(other.saveKeyPair(alice, newKeyPair()))).toBe('busy');
    expect(await other.lockIdentity('bobby.tabs.test', async () => 2)).toBe(2);
    release();
    await held;
    expect(await other.lockIdentity(alice, async () => 3)).toBe(3);
  });

  it('are asked for under the name the specification gives', async () => {
    const names: string[] = [];
    const locks = {
      request: (name: string, _options: unknown, granted: () => Promise<unknown>) => {
        names.push(name);
        return granted();
      },
    } as unknown as LockManager;
    const store = openStore({ platform: newPlatform({ locks }) });
    await store.lockIdentity('a:b', () => store.saveKeyPair('a:b', newKeyPair()));
    expect(names).toEqual(['aun-keystore:a_b']);
  });
});
