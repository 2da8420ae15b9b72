import { describe, expect, it } from 'vitest';
import { FailureGate } from '../src/limits/failure-gate.js';
import { TokenBuckets } from '../src/limits/token-bucket.js';
import { fakeClock } from './support/fake-clock.js';

describe('token buckets', () => {
  it('give the burst, then the rate, per key', () => {
    const clock = fakeClock();
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3 }, clock);
    expect([1, 2, 3].map(() => buckets.take('a'))).toEqual([0, 0, 0]);
    expect(buckets.take('a')).toBe(0.5);
    expect(buckets.take('b')).toBe(0);
    clock.advance(0.5);
    expect(buckets.take('a')).toBe(0);
    clock.advance(3600);
    expect([1, 2, 3, 4].map(() => buckets.take('a') === 0)).toEqual([true, true, true, false]);
  });

  it('survive a clock that jumps back, and are off at rate 0', () => {
    const clock = fakeClock();
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, clock);
    buckets.take('a');
    clock.advance(-3600);
    expect(buckets.take('a')).toBe(1);
    const off = new TokenBuckets({ perSecond: 0, burst: 1 }, clock);
    expect([off.take('a'), off.take('a')]).toEqual([0, 0]);
  });

  it('forget the least used key over the cap', () => {
    const buckets = new TokenBuckets({ perSecond: 0.001, burst: 1 }, fakeClock(), 2);
    for (const key of ['a', 'b', 'c']) buckets.take(key);
    expect(buckets.take('c')).toBeGreaterThan(0);
    expect(buckets.take('a')).toBe(0);
  });
});

describe('failure gate', () => {
  const gateOf = (clock = fakeClock()) => ({
    clock,
    gate: new FailureGate({ failures: 3, windowMs: 300_000, pauseMs: 60_000 }, clock),
  });

  it('pauses after the last failure of a window', () => {
    const { clock, gate } = gateOf();
    for (let index = 0; index < 3; index += 1) {
      expect(gate.waitSeconds('a')).toBe(0);
      gate.fail('a');
    }
    expect(gate.waitSeconds('a')).toBe(60);
    expect(gate.waitSeconds('b')).toBe(0);
    clock.advance(60);
    expect(gate.waitSeconds('a')).toBe(0);
  });

  it('starts over after success and after the window', () => {
    const { clock, gate } = gateOf();
    gate.fail('a');
    gate.fail('a');
    gate.succeed('a');
    gate.fail('a');
    gate.fail('a');
    clock.advance(301);
    gate.fail('a');
    expect(gate.waitSeconds('a')).toBe(0);
  });
});
