import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { Outbox } from '../src/ws/outbox.js';

/** A socket whose peer reads when it is told to. */
const slowPeer = () => {
  const taken: string[] = [];
  let release = (): void => {};
  const stream = new Duplex({
    highWaterMark: 64,
    read() {},
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk.toString('latin1'));
      release = done;
    },
  });
  let now = 1_000;
  const socket = { readyState: 1, OPEN: 1 } as WebSocket;
  const outbox = new Outbox(
    socket,
    stream,
    { maxFrames: 100, maxBytes: 4_000 },
    () => {},
    () => now,
  );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    outbox,
    taken: () => taken.join(''),
    async pass(ms: number) {
      now += ms;
      await turn();
    },
    async reads() {
      release();
      await turn();
      await turn();
    },
  };
};

const data = 'd'.repeat(100);

describe('a notification in the send queue (02 §7.3, 04 §16)', () => {
  it('is dropped when its time is over before the peer reads on', async () => {
    const { outbox, pass, reads, taken } = slowPeer();
    expect(outbox.send(data, 'data')).toBe('sent');
    await pass(0);
    outbox.send('short-lived', 'droppable', 1_050);
    outbox.send('long-lived', 'droppable', 1_500);
    await pass(100);
    expect(taken()).not.toContain('lived');
    await reads();
    expect(taken()).not.toContain('short-lived');
    expect(taken()).toContain('long-lived');
  });

  it('goes out at once while the peer reads, and without a time to live as before', async () => {
    const { outbox, pass, reads, taken } = slowPeer();
    outbox.send('first', 'droppable', 1_000);
    await pass(5_000);
    expect(taken()).toContain('first');
    outbox.send(data, 'data');
    await reads();
    outbox.send('whenever', 'droppable');
    await pass(5_000);
    await reads();
    expect(taken()).toContain('whenever');
  });

  it('takes no more room than other frames leave it', async () => {
    const { outbox, pass } = slowPeer();
    outbox.send(data, 'data');
    await pass(0);
    const outcomes = Array.from({ length: 20 }, () => outbox.send(data, 'droppable', 9_000));
    expect(outcomes.filter((outcome) => outcome === 'sent')).toHaveLength(9);
  });
});
