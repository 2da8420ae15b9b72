import {
  AuthError,
  ConnectionError,
  GatewayUnreachableError,
  mapRemoteError,
  NetworkError,
  NotReadyError,
  PermissionError,
  RpcError,
  StateError,
  TimeoutError,
  ValidationError,
} from 'aun-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isReconnectCloseCode,
  isRetryableReconnectError,
  ReconnectPolicy,
  type RoundOutcome,
} from '../src/index.js';
import { text, vectorsOf } from './helpers/vectors.js';

/** The delays of consecutive rounds, with the jitter at its upper end. */
function longestDelays(policy: ReconnectPolicy, outcomes: readonly RoundOutcome[], stepMs = 0): number[] {
  return outcomes.map((outcome, index) => {
    const step = policy.next(outcome, index * stepMs);
    return step.kind === 'wait' ? step.delayMs : -1;
  });
}

const atMost = { random: () => 1 };

describe('the reconnect policy', () => {
  it('doubles from 1 s to 64 s when attempts fail', () => {
    const outcomes: RoundOutcome[] = ['lost', ...Array<RoundOutcome>(8).fill('failed')];
    expect(longestDelays(new ReconnectPolicy(atMost), outcomes)).toEqual(
      [1, 2, 4, 8, 16, 32, 64, 64, 64].map((seconds) => seconds * 1_000),
    );
  });

  it('has full jitter: anything from nothing to the delay', () => {
    expect(new ReconnectPolicy({ random: () => 0 }).next('lost', 0)).toEqual({
      kind: 'wait',
      attempt: 1,
      delayMs: 0,
    });
    expect(new ReconnectPolicy({ random: () => 0.25 }).next('lost', 0)).toMatchObject({ delayMs: 250 });
  });

  it('waits no more than 4 s in the first minute while the health check fails', () => {
    const policy = new ReconnectPolicy(atMost);
    const outcomes: RoundOutcome[] = ['lost', ...Array<RoundOutcome>(8).fill('unhealthy')];
    expect(longestDelays(policy, outcomes, 10_000)).toEqual(
      [1, 2, 4, 4, 4, 4, 8, 16, 32].map((s) => s * 1_000),
    );
    const mixed = new ReconnectPolicy(atMost);
    const turns: RoundOutcome[] = ['lost', 'failed', 'failed', 'failed', 'failed', 'unhealthy', 'failed'];
    expect(longestDelays(mixed, turns)).toEqual([1, 2, 4, 8, 16, 4, 8].map((s) => s * 1_000));
  });

  it('is patient again after a clock that jumped back', () => {
    const policy = new ReconnectPolicy(atMost);
    policy.next('lost', 1_000_000);
    for (let round = 0; round < 10; round += 1) policy.next('failed', 1_000_000);
    expect(policy.next('unhealthy', 0)).toMatchObject({ kind: 'wait', delayMs: 64_000 });
  });

  it('counts rounds and gives up after max_attempts, until it is reset', () => {
    const policy = new ReconnectPolicy({ ...atMost, maxAttempts: 2 });
    expect(policy.attempt).toBe(0);
    expect(policy.next('lost', 0)).toMatchObject({ attempt: 1 });
    expect(policy.next('unhealthy', 0)).toMatchObject({ attempt: 2 });
    expect(policy.next('failed', 0)).toEqual({ kind: 'exhausted', attempts: 2 });
    expect(policy.attempt).toBe(2);
    policy.reset();
    expect(policy.next('lost', 0)).toEqual({ kind: 'wait', attempt: 1, delayMs: 1_000 });
  });

  it('clamps both delays to 1…64 s and the first to the last', () => {
    const first = (options: { initialDelayMs?: number; maxDelayMs?: number }) =>
      longestDelays(new ReconnectPolicy({ ...options, ...atMost }), ['lost', 'failed']);
    expect(first({ initialDelayMs: 1 })).toEqual([1_000, 2_000]);
    expect(first({ initialDelayMs: 5_000, maxDelayMs: 2_000 })).toEqual([2_000, 2_000]);
    expect(first({ initialDelayMs: 1e9, maxDelayMs: 1e9 })).toEqual([64_000, 64_000]);
    expect(first({ initialDelayMs: Number.NaN, maxDelayMs: Number.NaN })).toEqual([1_000, 2_000]);
  });

  it('never waits longer than its maximum, whatever happens', () => {
    const outcome = fc.constantFrom<RoundOutcome>('lost', 'unhealthy', 'failed');
    const turn = fc.tuple(
      outcome,
      fc.integer({ min: -100_000, max: 1_000_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.double(), fc.double(), fc.array(turn), (initialDelayMs, maxDelayMs, turns) => {
        let random = 0;
        const policy = new ReconnectPolicy({ initialDelayMs, maxDelayMs, random: () => random });
        for (const [result, now, draw] of turns) {
          random = draw;
          const step = policy.next(result, now);
          if (step.kind !== 'wait') throw new Error('has no limit');
          expect(step.delayMs).toBeGreaterThanOrEqual(0);
          expect(step.delayMs).toBeLessThanOrEqual(64_000);
        }
      }),
      { numRuns: process.env.AUN_SOAK === '1' ? 10_000 : 200 },
    );
  });

  it('brings 200 clients back within seconds of a restart of 2 s', () => {
    // Everybody loses the connection at 0; health is back at 2 s and every later attempt succeeds.
    const random = mulberry32(20_260_101);
    const readyAt = Array.from({ length: 200 }, () => {
      const policy = new ReconnectPolicy({ random });
      let now = 0;
      let outcome: RoundOutcome = 'lost';
      while (true) {
        const step = policy.next(outcome, now);
        if (step.kind !== 'wait') throw new Error('has no limit');
        now += step.delayMs;
        if (now >= 2_000) return now;
        outcome = 'unhealthy';
      }
    });
    expect(Math.max(...readyAt)).toBeLessThan(2_000 + 10_000);
  });
});

describe('close codes', () => {
  it.each([4001, 4003, 4008, 4009, 4010, 4011, 4012, 4013, 4014, 4015])('%i ends the client', (code) => {
    expect(isReconnectCloseCode(code)).toBe(false);
  });

  it.each([1000, 1001, 1002, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 4000, 4002, 4007, 4016])(
    '%i is come back from',
    (code) => {
      expect(isReconnectCloseCode(code)).toBe(true);
    },
  );
});

describe('errors of an attempt to reconnect', () => {
  it.each(vectorsOf('map_remote_error'))('code $inputs.code', ({ inputs, expected }) => {
    const error = mapRemoteError({ code: inputs.code, message: inputs.message });
    expect(isRetryableReconnectError(error)).toBe(expected.reconnect_retried);
  });

  it.each(vectorsOf('reconnect_retry_on_auth_error'))('AuthError $inputs.message', ({ inputs, expected }) => {
    expect(inputs.error).toBe('AuthError');
    expect(isRetryableReconnectError(new AuthError(text(inputs.message)))).toBe(expected.retried);
  });

  it.each([
    [new ConnectionError('x'), true],
    [new ConnectionError('x', { retryable: false }), true],
    [new GatewayUnreachableError('x'), true],
    [new NetworkError('x', { retryable: false }), true],
    [new TimeoutError('x'), true],
    [new TypeError('fetch failed'), true],
    ['a string', true],
    [new AuthError('x', { retryable: true }), false],
    [new PermissionError('x', { retryable: true }), false],
    [new ValidationError('x'), false],
    [new StateError('x'), false],
    [new NotReadyError('x'), true],
    [new RpcError('x', { code: 5003, retryable: true }), true],
    [new RpcError('x', { code: 4500 }), false],
  ])('%o', (error, retried) => {
    expect(isRetryableReconnectError(error)).toBe(retried);
  });
});

/** A small seeded generator, so that the simulation is the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
