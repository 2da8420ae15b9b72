import { randomBytes } from 'aun-crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BusEvent } from '../src/bus/event-bus.js';
import { createOfflinePush, type OfflinePush } from '../src/services/push/offline-push.js';
import type { PushConfig } from '../src/services/push/push-config-store.js';
import { defaultPushSettings, type PushSettings } from '../src/services/push/push-settings.js';
import { type ManualClock, manualClock } from './support/manual-clock.js';

const agent = 'pusher.demo.example';
const otto = 'otto.demo.example';
const nora = 'nora.demo.example';

interface Item {
  readonly target_aid: string;
  readonly push_token: string;
  readonly summary: { readonly unread_count: number; readonly senders: string[]; readonly latest_ts: number };
}
interface Batch {
  readonly batch_id: string;
  readonly items: Item[];
}

let clock: ManualClock;
let online: Map<string, number>;
let configs: Map<string, PushConfig>;
let sent: { aid: string; event: BusEvent }[];
let push: OfflinePush;

const open = (settings: Partial<PushSettings> = {}): OfflinePush =>
  createOfflinePush({
    clock,
    random: randomBytes,
    index: {
      isOnline: (aid: string) => online.has(aid),
      longOf: (aid: string) => (online.has(aid) ? [{ frameBudget: online.get(aid) }] : []),
    } as never,
    bus: {
      toAid(aid, event) {
        sent.push({ aid, event });
        return 1;
      },
    },
    configs: { find: (aid) => configs.get(aid) ?? null, save: () => {} },
    settings: { ...defaultPushSettings, allowedNotifyAids: [agent], ...settings },
  });

beforeEach(() => {
  clock = manualClock();
  online = new Map([[agent, 900_000]]);
  configs = new Map([[otto, { notifyAid: agent, token: 'tok-1' }]]);
  sent = [];
  push = open();
});

const message = (targetAid = otto, fromAid = nora): void =>
  push.stored({ targetAid, fromAid, at: clock.now(), groupAid: null });
const batches = (): Batch[] => sent.map(({ event }) => event.params as unknown as Batch);
const counts = (): number[] =>
  batches().map(({ items }) => items.reduce((sum, item) => sum + item.summary.unread_count, 0));
const ackLast = (): void => push.acked(agent, batches().at(-1)?.batch_id ?? '');

describe('offline push (04 §19)', () => {
  it('tells the push agent of the first message at once, without its content', () => {
    message();
    expect(sent).toEqual([
      {
        aid: agent,
        event: {
          method: 'event/push.offline_message',
          frameClass: 'data',
          params: {
            batch_id: expect.any(String),
            items: [
              {
                target_aid: otto,
                push_token: 'tok-1',
                summary: {
                  unread_count: 1,
                  senders: [nora],
                  latest_ts: Math.floor(clock.now() / 1000),
                  group_ids: [],
                },
              },
            ],
          },
        },
      },
    ]);
  });

  it('is silent for AIDs that are online, have no registration, or registered an agent that is not allowed', () => {
    configs.set(nora, { notifyAid: 'other.demo.example', token: 't' });
    message(nora);
    message('eva1.demo.example');
    online.set(otto, 900_000);
    message();
    expect(sent).toEqual([]);
  });

  it('collects what comes during the cool-down into one notification at its end', () => {
    message();
    ackLast();
    for (let i = 0; i < 4; i += 1) {
      clock.advance(10_000);
      message(otto, `sender${i}.demo.example`);
    }
    expect(counts()).toEqual([1]);
    clock.advance(20_000);
    expect(counts()).toEqual([1, 4]);
    expect(batches()[1]?.items[0]?.summary.senders).toHaveLength(4);
    clock.advance(600_000);
    expect(counts()).toEqual([1, 4]);
    expect(clock.pending).toBe(0);
  });

  it('without cool-down later messages wait for the window, or until it is full', () => {
    push = open({ coolDownMs: 0, windowMessages: 3 });
    message();
    ackLast();
    clock.advance(1_000);
    message();
    clock.advance(4_999);
    message();
    expect(counts()).toEqual([1]);
    clock.advance(1);
    expect(counts()).toEqual([1, 2]);
    ackLast();
    for (let i = 0; i < 3; i += 1) message();
    expect(counts()).toEqual([1, 2, 3]);
  });

  it('clears the bucket when the target comes online, and keeps the cool-down', () => {
    message();
    ackLast();
    clock.advance(1_000);
    message();
    push.cameOnline(otto);
    clock.advance(30_000);
    message();
    clock.advance(28_999);
    expect(counts()).toEqual([1]);
    clock.advance(1);
    expect(counts()).toEqual([1, 1]);
  });

  it('keeps one batch in flight per agent; push.ack or 30 s release the next', () => {
    for (const name of ['otto', 'pia1', 'quin']) {
      configs.set(`${name}.demo.example`, { notifyAid: agent, token: name });
      message(`${name}.demo.example`);
    }
    expect(batches()).toHaveLength(1);
    push.acked(agent, 'another batch');
    push.acked(nora, batches()[0]?.batch_id ?? '');
    expect(batches()).toHaveLength(1);
    ackLast();
    expect(batches()[1]?.items.map((item) => item.target_aid)).toEqual([
      'pia1.demo.example',
      'quin.demo.example',
    ]);
    configs.set('rosa.demo.example', { notifyAid: agent, token: 'r' });
    message('rosa.demo.example');
    clock.advance(29_999);
    expect(batches()).toHaveLength(2);
    clock.advance(1);
    expect(batches()).toHaveLength(3);
  });

  it('puts at most 50 items into a batch, and no more than the frame of the agent holds', () => {
    const target = (i: number) => `t${String(i).padStart(4, '0')}.demo.example`;
    for (let i = 0; i < 120; i += 1) configs.set(target(i), { notifyAid: agent, token: 'x'.repeat(1_000) });
    for (let i = 0; i < 120; i += 1) message(target(i));
    ackLast();
    ackLast();
    expect(batches().map(({ items }) => items.length)).toEqual([1, 50, 50]);
    online.set(agent, 30_000);
    push = open();
    sent = [];
    for (let i = 0; i < 60; i += 1) message(target(i));
    ackLast();
    const second = batches()[1];
    expect(second?.items.length).toBeLessThan(30);
    expect(JSON.stringify(second).length).toBeLessThan(30_000);
  });

  it('drops what waits when the agent is away, and tells it of the next message', () => {
    online.delete(agent);
    message();
    message();
    expect(sent).toEqual([]);
    online.set(agent, 900_000);
    message();
    expect(counts()).toEqual([1]);
  });

  it('stays within the rates per agent and of all; what is suppressed stays in the bucket', () => {
    push = open({ perAgentPerMinute: 2 });
    for (let i = 0; i < 5; i += 1) {
      configs.set(`t-${i}.demo.example`, { notifyAid: agent, token: 't' });
      message(`t-${i}.demo.example`);
      ackLast();
    }
    expect(counts()).toEqual([1, 1]);
    message('t-4.demo.example');
    clock.advance(30_000);
    ackLast();
    clock.advance(30_000);
    ackLast();
    clock.advance(30_000);
    expect(batches().flatMap(({ items }) => items.map((item) => item.target_aid))).toEqual(
      [0, 1, 2, 3, 4].map((i) => `t-${i}.demo.example`),
    );
    expect(counts()).toEqual([1, 1, 1, 1, 2]);
    sent = [];
    push = open({ totalPerMinute: 1 });
    message();
    ackLast();
    message('t-1.demo.example');
    expect(batches()).toHaveLength(1);
  });
});
