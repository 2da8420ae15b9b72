import type { JsonValue } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { Heartbeat, type HeartbeatOptions, heartbeatSeconds } from '../src/index.js';
import { FakeClock } from './helpers/fake-clock.js';

function setUp(pongs: readonly (JsonValue | Error)[], options: Partial<HeartbeatOptions> = {}) {
  const clock = new FakeClock();
  const log: string[] = [];
  const script = [...pongs];
  const heartbeat = new Heartbeat({
    clock,
    ping: async () => {
      log.push('ping');
      const pong = script.shift() ?? { pong: true };
      if (pong instanceof Error) throw pong;
      return pong;
    },
    onFailure: (_error, consecutive) => log.push(`failure ${consecutive}`),
    onDead: () => log.push('dead'),
    ...options,
  });
  return { clock, log, heartbeat };
}

describe('the heartbeat', () => {
  it.each([
    [30, 30],
    [3, 10],
    [0.5, 10],
    [601, 600],
    [Number.POSITIVE_INFINITY, 600],
    [0, 0],
    [-1, 0],
    [Number.NaN, 0],
    ['30', 0],
    [null, 0],
  ])('interval %o means %i seconds', (value, seconds) => {
    expect(heartbeatSeconds(value)).toBe(seconds);
  });

  it('pings first after one interval and then every interval', async () => {
    const { clock, log, heartbeat } = setUp([]);
    heartbeat.start();
    await clock.advance(29_999);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(log).toEqual(['ping']);
    await clock.advance(60_000);
    expect(log).toEqual(['ping', 'ping', 'ping']);
    heartbeat.stop();
    await clock.advance(600_000);
    expect(log.length).toBe(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is dead after two failures in a row, not before', async () => {
    const lost = new Error('lost');
    const { clock, log, heartbeat } = setUp([lost, { pong: true }, lost, lost]);
    heartbeat.start();
    await clock.advance(300_000);
    expect(log).toEqual(['ping', 'failure 1', 'ping', 'ping', 'failure 1', 'ping', 'failure 2', 'dead']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes the interval from the connect result and from pongs, if the key is there', async () => {
    const { clock, log, heartbeat } = setUp([{ pong: true, heartbeat_interval: 20 }]);
    heartbeat.adopt({ status: 'ok', heartbeat_interval: 10 });
    expect(heartbeat.intervalSeconds).toBe(10);
    heartbeat.start();
    await clock.advance(10_000);
    expect(heartbeat.intervalSeconds).toBe(20);
    await clock.advance(19_999);
    expect(log.length).toBe(1);
    await clock.advance(1);
    expect(log.length).toBe(2);
    heartbeat.adopt({ pong: true });
    expect(heartbeat.intervalSeconds).toBe(20);
    heartbeat.adopt({ heartbeat_interval: 0 });
    await clock.advance(600_000);
    expect(log.length).toBe(2);
    heartbeat.adopt({ heartbeat_interval: 10 });
    await clock.advance(10_000);
    expect(log.length).toBe(3);
    heartbeat.stop();
  });

  it('is off with an interval of 0', async () => {
    const { clock, log, heartbeat } = setUp([], { intervalSeconds: 0 });
    heartbeat.start();
    await clock.advance(3_600_000);
    expect(log).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('says nothing about a ping that ends after it was stopped', async () => {
    let fail: ((error: Error) => void) | undefined;
    const { clock, log, heartbeat } = setUp([], {
      ping: () =>
        new Promise((_resolve, reject) => {
          fail = reject;
        }),
    });
    heartbeat.start();
    await clock.advance(30_000);
    heartbeat.stop();
    fail?.(new Error('websocket closed: code=1006'));
    await clock.advance(0);
    expect(log).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
