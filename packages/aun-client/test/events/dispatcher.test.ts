import { type Logger, noopLogger } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { EventDispatcher } from '../../src/events/dispatcher.js';

describe('the event dispatcher', () => {
  it('runs handlers in order, each awaited before the next', async () => {
    const dispatcher = new EventDispatcher();
    const seen: string[] = [];
    dispatcher.on('x', async () => {
      await Promise.resolve();
      seen.push('slow');
    });
    dispatcher.on('x', () => void seen.push('quick'));
    await dispatcher.publish('x', {});
    expect(seen).toEqual(['slow', 'quick']);
  });

  it('logs what handlers throw and tells nobody else', async () => {
    const errors: string[] = [];
    const logger: Logger = { ...noopLogger, error: (message) => void errors.push(message) };
    const dispatcher = new EventDispatcher(logger);
    let reached = false;
    dispatcher.on('x', () => {
      throw new Error('boom');
    });
    dispatcher.on('x', async () => {
      throw new Error('later');
    });
    dispatcher.on('x', () => {
      reached = true;
    });
    await dispatcher.publish('x', {});
    expect(reached).toBe(true);
    expect(errors).toHaveLength(2);
  });

  it('lets a handler unsubscribe itself, any number of times', async () => {
    const dispatcher = new EventDispatcher();
    let runs = 0;
    const subscription = dispatcher.on('x', () => {
      runs += 1;
      subscription.unsubscribe();
      subscription.unsubscribe();
    });
    await dispatcher.publish('x', {});
    await dispatcher.publish('x', {});
    expect(runs).toBe(1);
    expect(subscription.active).toBe(false);
  });

  it('does not run a handler that an earlier one removed', async () => {
    const dispatcher = new EventDispatcher();
    let ran = false;
    const second = () => {
      ran = true;
    };
    dispatcher.on('x', () => dispatcher.off('x', second));
    dispatcher.on('x', second);
    await dispatcher.publish('x', {});
    expect(ran).toBe(false);
  });

  it('runs once-handlers once and ignores unknown handlers in off', async () => {
    const dispatcher = new EventDispatcher();
    let runs = 0;
    dispatcher.once('x', () => {
      runs += 1;
    });
    dispatcher.off('x', () => undefined);
    await Promise.all([dispatcher.publish('x', {}), dispatcher.publish('x', {})]);
    expect(runs).toBe(1);
  });

  it('gives the wildcard name and payload', async () => {
    const dispatcher = new EventDispatcher();
    const seen: unknown[] = [];
    dispatcher.on('*', (name: string, payload: unknown) => void seen.push([name, payload]));
    await dispatcher.publish('a', 1);
    await dispatcher.publish('b', 2);
    expect(seen).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });
});
