import { describe, expect, it } from 'vitest';
import { createQueueRings } from '../../src/services/message/queue-ring.js';
import { nora, otto, text } from './support/configured.js';
import { edges } from './support/edges.js';
import { envelope } from './support/envelope.js';

const start = edges();

describe('a pool of workers (04 §15)', () => {
  it('answers a repeat like the first send, also while the first is being written (04 §4.3)', async () => {
    const edge = await start();
    const [n] = [await edge.connect(nora), await edge.connect(otto, { mode: 'queue' })];
    const send = { to: otto, payload: text('job'), message_id: 'job-1' };
    const [first, second] = await Promise.all([n.call('message.send', send), n.call('message.send', send)]);
    expect(first).toMatchObject({ seq: 1, status: 'delivered', delivery_mode: 'queue' });
    expect(second).toEqual({ ...first, status: 'duplicate' });
    const sealed = { to: otto, payload: envelope({ from: nora, to: otto, messageId: 'job-2' }) };
    const [third, fourth] = await Promise.all([
      n.call('message.send', sealed),
      n.call('message.send', sealed),
    ]);
    expect(third).not.toHaveProperty('seq');
    expect(fourth).toEqual({ ...third, status: 'duplicate' });
  });

  it('tells each device the earliest seq of its own rows', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    const [one, two] = [
      await edge.connect(otto, { device: 'w-1', mode: 'queue' }),
      await edge.connect(otto, { device: 'w-2', mode: 'queue', kind: 'long' }),
    ];
    edge.db.exec(`UPDATE devices SET head_seq = 40 WHERE device_id = 'w-2'`);
    for (const body of ['a', 'b', 'c']) await n.call('message.send', { to: otto, payload: text(body) });
    const seqs = [];
    for (const worker of [one, two]) {
      const page = await worker.call('message.v2.pull', { after_seq: 0, force: true });
      seqs.push([page.ephemeral_earliest_available_seq, page.messages[0].seq]);
    }
    for (const [earliest, first] of seqs) expect(earliest).toBe(first);
  });

  it('remembers how many were dropped after the last of them went', () => {
    let now = 0;
    const rings = createQueueRings({ now: () => now, ttlMs: 100, size: 2 });
    const add = (seq: number) => rings.add(otto, { deviceNo: 1, row: { seq } as never, at: now });
    for (const seq of [1, 2, 3]) add(seq);
    now = 200;
    expect(rings.of(otto)).toEqual({ rows: [], dropped: 3 });
    rings.sweep();
    add(4);
    expect(rings.of(otto)).toMatchObject({ rows: [{ row: { seq: 4 } }], dropped: 3 });
    expect(rings.of(nora)).toBeNull();
  });

  it('needs no room in the inbox', async () => {
    const edge = await start({ inboxMaxUnacked: 1 });
    const n = await edge.connect(nora);
    const away = await edge.connect(otto);
    await n.call('message.send', { to: otto, payload: text('waits') });
    await away.close();
    await edge.connect(otto, { mode: 'queue' });
    for (const payload of [text('job'), envelope({ from: nora, to: otto })]) {
      expect(await n.call('message.send', { to: otto, payload })).toMatchObject({ delivery_mode: 'queue' });
    }
  });
});
