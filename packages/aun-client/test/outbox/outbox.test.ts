import {
  E2EEError,
  type JsonObject,
  NetworkError,
  NotFoundError,
  noopLogger,
  type OutboxEntry,
} from 'aun-core';
import { PrivateKey } from 'aun-crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { Outbox } from '../../src/outbox/outbox.js';
import { ParamsSeal } from '../../src/outbox/sealed-params.js';
import { FakeClock, settle } from '../support/fake-clock.js';

const OTTO = 'otto.demo.example';

describe('the outbox', () => {
  const seal = new ParamsSeal(PrivateKey.generate());
  let clock: FakeClock;
  let stored: OutboxEntry[];
  let ready: boolean;
  let delivered: JsonObject[];
  let events: string[];
  let failures: unknown[];
  let outbox: Outbox;

  const make = (): Outbox =>
    new Outbox({
      aid: 'nora.demo.example',
      store: {
        enqueueOutbox: async (_aid, entry) => void stored.push(entry),
        listOutbox: async () => [...stored],
        touchOutbox: async (_aid, id) => {
          stored = stored.map((entry) =>
            entry.messageId === id ? { ...entry, attempts: entry.attempts + 1 } : entry,
          );
        },
        removeOutbox: async (_aid, id) => {
          stored = stored.filter((entry) => entry.messageId !== id);
        },
      },
      seal,
      clock,
      logger: noopLogger,
      isReady: () => ready,
      deliver: async (params) => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        delivered.push(params);
        return { status: 'delivered' };
      },
      emit: (event, payload) => events.push(`${event} ${(payload as { code?: string }).code ?? ''}`.trim()),
    });

  beforeEach(() => {
    clock = new FakeClock();
    [stored, delivered, events, failures, ready] = [[], [], [], [], true];
    outbox = make();
  });

  const send = (text: string, to = OTTO, ttl: number | null = null) =>
    outbox.enqueue({ to, payload: { type: 'text', text } }, ttl);
  const texts = () => delivered.map(({ payload }) => (payload as { text: string }).text);

  it('has a message on disk, sealed, before anything is sent', async () => {
    ready = false;
    const queued = await send('secret text');
    expect(queued.status).toBe('queued');
    expect(stored).toHaveLength(1);
    expect(Buffer.from(stored[0]?.sealed ?? []).toString('latin1')).not.toContain('secret');
    expect(delivered).toEqual([]);
  });

  it('sends with the id it promised, once, and tells', async () => {
    const queued = await send('a');
    await settle();
    expect(delivered[0]?.message_id).toBe(queued.message_id);
    expect([stored, events]).toEqual([[], ['outbox.sent']]);
  });

  it('keeps the order per recipient through failures, and lets others pass', async () => {
    failures = [new NetworkError('down')];
    await send('a');
    await send('b');
    await send('c', 'olga.demo.example');
    await settle();
    expect(texts()).toEqual(['c']);
    expect(stored[0]?.attempts).toBe(1);
    await clock.advance(1_000);
    expect(texts()).toEqual(['c', 'a', 'b']);
  });

  it('goes on after a restart with what is on disk', async () => {
    ready = false;
    await send('a');
    await send('b');
    outbox = make();
    ready = true;
    await outbox.resume();
    await outbox.resume();
    await settle();
    expect(texts()).toEqual(['a', 'b']);
    expect(stored).toEqual([]);
  });

  it('stops with the connection and leaves no timer', async () => {
    failures = [new NetworkError('down'), new NetworkError('down')];
    await send('a');
    await settle();
    ready = false;
    outbox.pause();
    await clock.advance(60_000);
    expect(delivered).toEqual([]);
    expect(clock.timers).toBe(0);
    failures = [];
    ready = true;
    await outbox.resume();
    await settle();
    expect(texts()).toEqual(['a']);
  });

  it('gives up what is too old', async () => {
    failures = Array.from({ length: 9 }, () => new NetworkError('down'));
    await send('a', OTTO, 5);
    await clock.advance(10_000);
    expect(events).toEqual(['outbox.failed EXPIRED']);
    expect(stored).toEqual([]);
  });

  it('gives up what is refused for good, and waits for a recipient that never connected', async () => {
    failures = [new NotFoundError('no such agent')];
    await send('a');
    await settle();
    expect(events).toEqual(['outbox.failed NOT_FOUND']);
    failures = [new E2EEError('no devices', { localCode: 'no_devices' })];
    await send('b');
    await clock.advance(1_000);
    expect(texts()).toEqual(['b']);
  });

  it('does not open what another key sealed', async () => {
    ready = false;
    await send('a');
    const stranger = new ParamsSeal(PrivateKey.generate());
    expect(stranger.open(stored[0]?.sealed ?? new Uint8Array())).toBeNull();
    expect(seal.open(new Uint8Array(3))).toBeNull();
    expect(seal.open(stored[0]?.sealed ?? new Uint8Array())).toMatchObject({ to: OTTO });
  });
});
