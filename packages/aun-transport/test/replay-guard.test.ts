import { describe, expect, it } from 'vitest';
import { ReplayGuard } from '../src/index.js';
import { FakeClock } from './helpers/fake-clock.js';

describe('the replay guard', () => {
  it('admits a nonce once within its time', () => {
    const clock = new FakeClock();
    const guard = new ReplayGuard({ ttlMs: 60_000, clock });
    expect(guard.admit('n-1')).toBe(true);
    expect(guard.admit('n-1')).toBe(false);
    expect(guard.admit('n-2')).toBe(true);
    clock.jump(59_999);
    expect(guard.admit('n-1')).toBe(false);
    clock.jump(1);
    expect(guard.admit('n-1')).toBe(true);
    expect(guard.size).toBe(1);
  });

  it('forgets the oldest of too many', () => {
    const guard = new ReplayGuard({ ttlMs: 60_000, maxEntries: 2, clock: new FakeClock() });
    for (const key of ['a', 'b', 'c']) guard.admit(key);
    expect(guard.size).toBe(2);
    expect(guard.admit('c')).toBe(false);
    expect(guard.admit('a')).toBe(true);
  });

  it('does not keep keys for ever when the clock is set back', () => {
    const clock = new FakeClock();
    const guard = new ReplayGuard({ ttlMs: 60_000, clock });
    guard.admit('n-1');
    clock.jump(-3_600_000);
    expect(guard.admit('n-2')).toBe(true);
    expect(guard.size).toBe(1);
  });
});
