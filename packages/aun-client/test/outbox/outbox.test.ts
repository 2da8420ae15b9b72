import {
  E2EEError,
  KeyStoreError,
  mapRemoteError,
  NetworkError,
  NotFoundError,
  NotReadyError,
} from 'aun-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../support/fake-clock.js';
import { OTTO, OutboxScene } from '../support/outbox.js';

const down = (): NetworkError => new NetworkError('down');

describe('the outbox', () => {
  let scene: OutboxScene;

  beforeEach(() => {
    scene = new OutboxScene();
  });

  it('has a message on disk, sealed, before anything is sent', async () => {
    const queued = await scene.send('secret text');
    expect(queued.status).toBe('queued');
    expect(scene.stored).toHaveLength(1);
    expect(Buffer.from(scene.stored[0]?.sealed ?? []).toString('latin1')).not.toContain('secret');
    expect(scene.delivered).toEqual([]);
  });

  it('sends with the id it promised, once, and tells', async () => {
    await scene.connect();
    const queued = await scene.outbox.enqueue({ to: OTTO, payload: { text: 'a' } }, null);
    await settle();
    expect(scene.delivered.map(({ message_id }) => message_id)).toEqual([queued.message_id]);
    expect([scene.stored, scene.events]).toEqual([[], [`outbox.sent ${queued.message_id}`]]);
  });

  it('keeps the order per recipient through failures, and lets others pass', async () => {
    await scene.connect();
    scene.failures = [down()];
    await scene.send('a');
    await scene.send('b');
    await scene.send('c', 'olga.demo.example');
    await settle();
    expect(scene.texts).toEqual(['c']);
    expect(scene.stored[0]?.attempts).toBe(1);
    await scene.clock.advance(1_000);
    expect(scene.texts).toEqual(['c', 'a', 'b']);
  });

  it('goes on after a restart with what is on disk', async () => {
    await scene.send('a');
    await scene.send('b');
    scene.outbox = scene.make();
    await Promise.all([scene.connect(), scene.connect()]);
    await settle();
    expect(scene.texts).toEqual(['a', 'b']);
    expect(scene.stored).toEqual([]);
  });

  it('lets nothing new pass what is on disk: not before the disk was read, not meanwhile', async () => {
    await scene.send('old 1');
    await scene.send('old 2');
    scene.ready = true;
    await scene.send('before');
    await settle();
    expect(scene.texts).toEqual([]);
    let meanwhile: Promise<unknown> = Promise.resolve();
    scene.onList = async () => {
      meanwhile = scene.send('meanwhile');
      await settle();
    };
    await scene.connect();
    await meanwhile;
    await settle();
    expect(scene.texts).toEqual(['old 1', 'old 2', 'before', 'meanwhile']);
    expect(scene.stored).toEqual([]);
  });

  it('stays shut while the disk cannot be read, and looks again', async () => {
    await scene.send('old');
    scene.faults = [new KeyStoreError('busy', 'not now')];
    const opening = scene.connect();
    await scene.send('new');
    await settle();
    expect(scene.texts).toEqual([]);
    await scene.clock.advance(60_000);
    await opening;
    expect(scene.texts).toEqual(['old', 'new']);
  });

  it('stops with the connection and leaves no timer', async () => {
    await scene.connect();
    scene.failures = [down(), down()];
    await scene.send('a', OTTO, 3_600);
    await settle();
    scene.disconnect();
    await scene.clock.advance(60_000);
    expect(scene.delivered).toEqual([]);
    expect(scene.clock.timers).toBe(0);
    scene.failures = [];
    await scene.connect();
    await settle();
    expect(scene.texts).toEqual(['a']);
    expect(scene.storedIds).toEqual([]);
  });

  it('does not look at the disk any more when the connection goes meanwhile', async () => {
    await scene.send('a');
    scene.onList = async () => scene.disconnect();
    await scene.connect();
    scene.faults = [new KeyStoreError('busy', 'not now')];
    const opening = scene.connect();
    await settle();
    scene.disconnect();
    await opening;
    expect([scene.delivered, scene.clock.timers, scene.storedIds]).toEqual([[], 0, ['a']]);
  });

  it('gives up what is refused for good', async () => {
    await scene.connect();
    const refusals = [
      new NotFoundError('no such agent'),
      mapRemoteError({ code: -32602, message: 'no' }),
      new E2EEError('forged', { localCode: 'spk_signature_invalid' }),
    ];
    scene.failures = [...refusals];
    for (const id of ['a', 'b', 'c']) await scene.send(id);
    await settle();
    expect(scene.events).toEqual([
      'outbox.failed NOT_FOUND a',
      'outbox.failed VALIDATION_ERROR b',
      'outbox.failed E2EE_ERROR c',
    ]);
    expect(scene.errors).toEqual(refusals);
    expect(scene.stored).toEqual([]);
  });

  it('waits for whatever may pass: other gateways, changing devices, a busy disk', async () => {
    await scene.connect();
    // Federation, start, bug; no devices, stale prekey, other devices; limits and load.
    const codes = [-32010, -32011, -32013, -32603, -33011, -33012, -33050, -33054, -32029, 5003];
    const passing = [
      ...codes.map((code) => mapRemoteError({ code, message: 'scripted' })),
      new E2EEError('no devices', { localCode: 'no_devices' }),
      new E2EEError('old key', { localCode: 'spk_ik_mismatch' }),
      new NotReadyError('not connected', { retryable: false }),
      new KeyStoreError('busy', 'locked'),
    ];
    for (const failure of passing) {
      scene.failures = [failure];
      await scene.send('a');
      await settle();
      expect([scene.events, scene.storedIds], String(failure)).toEqual([[], ['a']]);
      await scene.clock.advance(1_000);
      expect(scene.events.splice(0)).toEqual(['outbox.sent a']);
    }
  });

  it('does not let one message at which a server always fails stop those behind it for ever', async () => {
    await scene.connect();
    scene.failures = Array.from({ length: 16 }, () => mapRemoteError({ code: -32603, message: 'bug' }));
    await scene.send('a');
    await scene.send('b');
    await scene.clock.advance(300_000);
    expect(scene.storedIds).toEqual(['a', 'b']);
    await scene.clock.advance(600_000);
    expect(scene.events).toEqual(['outbox.failed RPC_ERROR a', 'outbox.sent b']);
  });

  it('tells of every message that cannot be opened, and sends the others', async () => {
    await scene.send('a');
    await scene.send('b');
    scene.stored = scene.stored.map((entry) =>
      entry.messageId === 'a' ? { ...entry, sealed: new Uint8Array(0) } : entry,
    );
    await scene.connect();
    await settle();
    expect(scene.events).toEqual(['outbox.failed UNREADABLE a', 'outbox.sent b']);
    expect(scene.stored).toEqual([]);
  });
});

describe('a message with a time to live', () => {
  let scene: OutboxScene;
  const often = (count: number): unknown[] => Array.from({ length: count }, down);

  beforeEach(async () => {
    scene = new OutboxScene();
    await scene.connect();
  });

  it('is given up at that moment, although the next try is far away', async () => {
    scene.failures = often(50);
    await scene.send('a', OTTO, 5);
    await scene.clock.advance(4_999);
    expect([scene.events, scene.storedIds]).toEqual([[], ['a']]);
    await scene.clock.advance(1);
    expect(scene.events).toEqual(['outbox.failed EXPIRED a']);
    expect([scene.stored, scene.clock.timers]).toEqual([[], 0]);
  });

  it('is given up behind one that cannot leave, however late it came', async () => {
    scene.failures = often(50);
    await scene.send('head');
    await scene.clock.advance(40_000);
    await scene.send('late', OTTO, 2);
    await scene.send('last');
    await scene.clock.advance(2_000);
    expect(scene.events).toEqual(['outbox.failed EXPIRED late']);
    scene.failures = [];
    await scene.clock.advance(60_000);
    expect(scene.texts).toEqual(['head', 'last']);
  });

  it('makes way at once for the one behind it', async () => {
    scene.failures = often(6);
    await scene.send('old', OTTO, 40);
    await scene.send('next');
    await scene.clock.advance(39_999);
    expect(scene.texts).toEqual([]);
    await scene.clock.advance(1);
    expect([scene.events, scene.texts]).toEqual([
      ['outbox.failed EXPIRED old', 'outbox.sent next'],
      ['next'],
    ]);
  });

  it('has expired when the connection comes too late', async () => {
    scene.disconnect();
    await scene.send('a', OTTO, 5);
    await scene.send('b');
    await scene.send('c', OTTO, 5);
    await scene.clock.advance(5_000);
    await scene.connect();
    await scene.clock.advance(0);
    expect([...scene.events].sort()).toEqual([
      'outbox.failed EXPIRED a',
      'outbox.failed EXPIRED c',
      'outbox.sent b',
    ]);
    expect(scene.texts).toEqual(['b']);
  });

  it('is not given up while it is under way, for it may arrive', async () => {
    const answers: (() => void)[] = [];
    scene.onDeliver = () => new Promise((resolve) => answers.push(resolve));
    for (const outcome of ['outbox.sent a', 'outbox.failed EXPIRED a']) {
      scene.failures = outcome === 'outbox.sent a' ? [] : [down()];
      await scene.send('a', OTTO, 5);
      await scene.clock.advance(10_000);
      expect([scene.events, scene.storedIds]).toEqual([[], ['a']]);
      answers.shift()?.();
      await scene.clock.advance(0);
      expect(scene.events.splice(0)).toEqual([outcome]);
    }
  });
});
