import { describe, expect, it } from 'vitest';
import { domWakeUp, interruptibleSleep, platformWakeUp, type WakeUpReason } from '../src/index.js';
import { caught } from './helpers/caught.js';
import { FakeClock, settle } from './helpers/fake-clock.js';

class FakeDocument extends EventTarget {
  visibilityState = 'hidden';
}

class FakeWindow extends EventTarget {
  readonly document = new FakeDocument();
}

describe('a wake-up', () => {
  it('is the network coming back or the page becoming visible', () => {
    const window = new FakeWindow();
    const reasons: WakeUpReason[] = [];
    const unsubscribe = domWakeUp(window).subscribe((reason) => reasons.push(reason));
    window.document.dispatchEvent(new Event('visibilitychange'));
    expect(reasons).toEqual([]);
    window.document.visibilityState = 'visible';
    window.document.dispatchEvent(new Event('visibilitychange'));
    window.dispatchEvent(new Event('online'));
    expect(reasons).toEqual(['visible', 'online']);
    unsubscribe();
    unsubscribe();
    window.dispatchEvent(new Event('online'));
    expect(reasons.length).toBe(2);
  });

  it('is only the network in a worker, and nothing in Node', () => {
    const reasons: WakeUpReason[] = [];
    const worker = new EventTarget();
    domWakeUp(worker).subscribe((reason) => reasons.push(reason));
    worker.dispatchEvent(new Event('online'));
    expect(reasons).toEqual(['online']);
    platformWakeUp.subscribe(() => reasons.push('visible'))();
    expect(reasons).toEqual(['online']);
  });

  it('ends a sleep', async () => {
    const clock = new FakeClock();
    const window = new FakeWindow();
    const sleeping = interruptibleSleep(60_000, { clock, wakeUp: domWakeUp(window) });
    await clock.advance(1_000);
    window.dispatchEvent(new Event('online'));
    expect(await sleeping).toBe('online');
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not needed for a sleep to end, by time or by its signal', async () => {
    const clock = new FakeClock();
    const elapsed = interruptibleSleep(500, { clock });
    await clock.advance(500);
    expect(await elapsed).toBe('elapsed');
    const controller = new AbortController();
    const aborted = caught(interruptibleSleep(500, { clock, signal: controller.signal }));
    await settle();
    controller.abort(new Error('stop'));
    expect((await aborted).message).toBe('stop');
    expect((await caught(interruptibleSleep(500, { clock, signal: controller.signal }))).message).toBe(
      'stop',
    );
    expect(clock.pendingTimers).toBe(0);
  });
});
