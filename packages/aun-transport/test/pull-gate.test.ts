import { describe, expect, it } from 'vitest';
import { PullGate } from '../src/index.js';
import { caught } from './helpers/caught.js';
import { FakeClock, settle } from './helpers/fake-clock.js';

const key = 'p2p:nora.example.test';

function setUp() {
  const clock = new FakeClock();
  return { clock, gate: new PullGate({ clock }) };
}

describe('the pull gate', () => {
  it('lets one pull per key in and the others wait in order', async () => {
    const { gate, clock } = setUp();
    const order: string[] = [];
    const pull = async (name: string) => {
      const turn = await gate.acquire(key);
      order.push(name);
      return turn;
    };
    const first = await pull('first');
    const others = [pull('second'), pull('third')];
    expect(await gate.acquire('group:team.example.test')).toBeDefined();
    await settle();
    expect(order).toEqual(['first']);
    first?.release();
    first?.release();
    const second = await others[0];
    expect(order).toEqual(['first', 'second']);
    second?.release();
    (await others[1])?.release();
    expect(order).toEqual(['first', 'second', 'third']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives background work a turn only when nobody has or awaits one', async () => {
    const { gate } = setUp();
    const turn = gate.tryAcquire(key);
    expect(turn).toBeDefined();
    expect(gate.tryAcquire(key)).toBeUndefined();
    turn?.release();
    expect(gate.tryAcquire(key)).toBeDefined();
  });

  it('is empty at once for a pull from inside the handler of an answer', async () => {
    const { gate } = setUp();
    const turn = await gate.acquire(key);
    turn?.publishing();
    expect(await gate.acquire(key)).toBeUndefined();
    turn?.release();
    expect(await gate.acquire(key)).toBeDefined();
  });

  it('takes the turn from a holder older than 30 s, whose release then changes nothing', async () => {
    const { gate, clock } = setUp();
    const dead = await gate.acquire(key);
    const waiting = gate.acquire(key);
    await clock.advance(29_999);
    expect(gate.tryAcquire(key)).toBeUndefined();
    await clock.advance(1);
    const thief = await waiting;
    expect(thief).toBeDefined();
    dead?.release();
    expect(gate.tryAcquire(key)).toBeUndefined();
    thief?.release();
    expect(gate.tryAcquire(key)).toBeDefined();
  });

  it('refuses after 30.1 s of waiting', async () => {
    const { gate, clock } = setUp();
    await gate.acquire(key);
    const second = gate.acquire(key);
    const third = caught(gate.acquire(key));
    await clock.advance(30_000);
    expect(await second).toBeDefined();
    await clock.advance(100);
    expect(await third).toMatchObject({ name: 'StateError', message: `pull already in-flight: ${key}` });
  });

  it('lets go of who gives up', async () => {
    const { gate, clock } = setUp();
    const first = await gate.acquire(key);
    const controller = new AbortController();
    const aborted = caught(gate.acquire(key, controller.signal));
    const next = gate.acquire(key);
    controller.abort(new Error('stop'));
    expect((await aborted).message).toBe('stop');
    first?.release();
    expect(await next).toBeDefined();
    expect((await caught(gate.acquire(key, controller.signal))).message).toBe('stop');
    (await next)?.release();
    expect(clock.pendingTimers).toBe(0);
  });
});
