import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { EdgeLimits } from '../../src/ports.js';
import { sweepExpired } from '../../src/services/message/retention.js';
import type { TestClient } from './support/client.js';
import { type KnownAid, startEdge, type TestEdge } from './support/edge.js';
import { envelope } from './support/envelope.js';
import { retentionDeps } from './support/retention.js';

const nora = 'nora.demo.example';
const otto = 'otto.demo.example';

const running: TestEdge[] = [];
const start = async (limits: Partial<EdgeLimits> = {}): Promise<TestEdge> => {
  const edge = await startEdge({ limits });
  edge.register('nora');
  edge.register('otto');
  running.push(edge);
  return edge;
};
afterEach(async () => {
  for (const edge of running.splice(0)) {
    expect(edge.errors).toEqual([]);
    await edge.stop();
  }
});

interface Row {
  readonly seq: number;
  readonly legacy_v1?: {
    readonly payload: { readonly n?: number; readonly kind?: string; readonly data?: object };
  };
}

/** What a public client does: pulls until a page is not full. */
const pullAll = async (client: TestClient, limit = 50): Promise<Row[]> => {
  const rows: Row[] = [];
  for (;;) {
    const page = await client.call('message.v2.pull', { after_seq: rows.at(-1)?.seq ?? 0, limit });
    rows.push(...page.messages);
    if (page.messages.length < limit) return rows;
  }
};

describe('order and durability (04 §13, §25.15)', () => {
  it('95: 1,000 concurrent sends leave no hole, no duplicate and no row that appears late', async () => {
    const edge = await start();
    const o = await edge.connect(otto);
    const senders = await Promise.all(
      Array.from({ length: 25 }, async (_, i) => edge.connect(edge.register(`sender${i}`).aid)),
    );
    let done = false;
    const seen: number[] = [];
    const reader = (async () => {
      while (!done || seen.length < 1_000) {
        const page = await o.call('message.v2.pull', { after_seq: seen.at(-1) ?? 0, limit: 50 });
        seen.push(...page.messages.map((row: Row) => row.seq));
      }
    })();
    await Promise.all(
      senders.map(async (sender) => {
        for (let batch = 0; batch < 4; batch += 1) {
          await Promise.all(
            Array.from({ length: 10 }, (_, i) =>
              sender.call('message.send', { to: otto, payload: { n: batch * 10 + i } }),
            ),
          );
        }
      }),
    );
    done = true;
    await reader;
    const whole = Array.from({ length: 1_000 }, (_, i) => i + 1);
    expect(seen).toEqual(whole);
    const rows = await o.call('message.v2.pull', { after_seq: 950, force: true });
    expect(rows.latest_seq).toBe(1_000);
    const pushed = o.eventsOf('event/message.received').map((event) => Number(event.params.seq));
    expect(pushed).toEqual([...pushed].sort((a, b) => a - b));
    expect(new Set(pushed).size).toBe(pushed.length);
  });

  it('keeps the order of one connection’s pipelined sends', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => n.call('message.send', { to: otto, payload: { n: i } })),
    );
    const rows = await pullAll(o);
    expect(rows.map((row) => row.legacy_v1?.payload.n)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it('94: what was acknowledged is there after a crash, pushed or not, under the same seq', async () => {
    const aids = new Map<string, KnownAid>();
    const first = await startEdge({ aids });
    first.register('nora');
    first.register('otto');
    const o = await first.connect(otto);
    const n = await first.connect(nora);
    o.cut();
    const sent: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      const result = await n.call('message.send', { to: otto, payload: { n: i }, message_id: `m-${i}` });
      sent.push(result.message_id);
    }
    await first.crash();
    const second = await startEdge({ aids, dataDir: first.dataDir });
    const again = await second.connect(otto);
    const page = await again.call('message.v2.pull', { after_seq: 0 });
    expect(page.messages.map((row: { message_id: string }) => row.message_id)).toEqual(sent);
    expect(page.messages.map((row: Row) => row.seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const resent = await (await second.connect(nora)).call('message.send', {
      to: otto,
      payload: { n: 3 },
      message_id: 'm-3',
    });
    expect(resent).toMatchObject({ status: 'duplicate', seq: 4 });
    await second.stop();
    rmSync(first.dataDir, { recursive: true, force: true });
  });

  it('41: a device that is away misses nothing', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    const o = await edge.connect(otto);
    await n.call('message.send', { to: otto, payload: { n: 0 } });
    await o.event('event/message.received');
    await o.close();
    await n.call('message.send', { to: otto, payload: { n: 1 } });
    const again = await edge.connect(otto);
    await n.call('message.send', { to: otto, payload: { n: 2 } });
    expect((await pullAll(again)).map((row) => row.legacy_v1?.payload.n)).toEqual([0, 1, 2]);
  });
});

describe('frame budgets (04 §13.5)', () => {
  it('92: a Go client gets 60 rows of 2 KiB in frames of at most 30,000 bytes, hinted until it has all', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    await (await edge.connect(otto, { lang: 'go' })).close();
    for (let i = 0; i < 60; i += 1) {
      await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto, bytes: 900 }) });
    }
    const o = await edge.connect(otto, { lang: 'go' });
    const seqs: number[] = [];
    const pull = async () => {
      const page = await o.call('message.v2.pull', { after_seq: seqs.at(-1) ?? 0, limit: 50 });
      expect(page.has_more).toBe(page.latest_seq < 60);
      seqs.push(...page.messages.map((row: Row) => row.seq));
    };
    await pull();
    // The client stops after a short page; only the server's hints bring it on.
    for (let hint = 1; seqs.length < 60; hint += 1) {
      const { params } = await o.event('event/peer.v2.message_received', hint);
      expect(params.seq).toBe(60);
      await pull();
    }
    expect(seqs).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(o.largestFrame).toBeLessThanOrEqual(30_000);
  }, 60_000);

  it('93: a 100 KiB message is a stub for a Go client and itself for others', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    const go = await edge.connect(otto, { device: 'go', lang: 'go' });
    const ts = await edge.connect(otto, { device: 'ts' });
    await n.call('message.send', {
      to: otto,
      payload: { type: 'text', text: 'x'.repeat(102_400) },
      message_id: 'big',
    });
    const hint = await go.event('event/peer.v2.message_received');
    expect(hint.params).toEqual({ seq: 1, message_id: 'big', from_aid: nora, device_id: 'go' });
    const page = await go.call('message.v2.pull', {});
    expect(page.messages).toMatchObject([
      {
        version: 'v1',
        seq: 1,
        message_id: 'big',
        type: 'custom',
        legacy_v1: { payload: { type: 'custom', kind: 'aun.oversize', data: { message_id: 'big' } } },
      },
    ]);
    expect((await go.call('message.pull', {})).messages[0].payload.kind).toBe('aun.oversize');
    expect((await ts.event('event/message.received')).params.payload).toMatchObject({
      text: 'x'.repeat(102_400),
    });
    expect(go.largestFrame).toBeLessThanOrEqual(30_000);
    await go.settle();
  });

  it('keeps a bootstrap of many devices within the frame, dropping certs and own devices first', async () => {
    const edge = await start({ longDevicesPerAid: 50 });
    for (let i = 0; i < 32; i += 1) await edge.connect(otto, { device: `${'d'.repeat(120)}-${i}` });
    const go = await edge.connect(nora, { lang: 'go' });
    const answer = await go.call('message.v2.bootstrap', { peer_aid: otto });
    expect(answer.peer_devices).toHaveLength(32);
    expect(go.largestFrame).toBeLessThanOrEqual(30_000);
  });
});

describe('healing (04 §13.1 D7)', () => {
  it('16: a tracker ahead of an empty inbox raises the head: the next message is above it', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    const page = await o.call('message.v2.pull', { after_seq: 500 });
    expect(page).toMatchObject({ count: 0, server_ack_seq: 0 });
    await o.settle();
    expect(await n.call('message.send', { to: otto, payload: 'x' })).toMatchObject({ seq: 501 });
    expect((await o.event('event/message.received')).params.seq).toBe(501);
  });

  it('with unacked rows it gets a hint at the lowest of them, and the cursor does not move', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    for (const body of ['a', 'b', 'c']) await n.call('message.send', { to: otto, payload: body });
    await o.call('message.v2.ack', { up_to_seq: 1 });
    expect(await o.call('message.v2.ack', { up_to_seq: 90 })).toEqual({
      success: true,
      ack_seq: 1,
      acked: 0,
    });
    expect((await o.event('event/peer.v2.message_received')).params.seq).toBe(2);
  });
});

describe('retention (04 §20)', () => {
  it('96: expired rows raise the floor, which counts as acked, and the client goes on', async () => {
    const edge = await start({ fanoutTtlMs: 1 });
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    for (const body of ['a', 'b']) await n.call('message.send', { to: otto, payload: body });
    sweepExpired(retentionDeps(edge, { fanoutTtlMs: 1, dedupRetentionMs: 1 }, Date.now() + 1_000));
    const page = await o.call('message.v2.pull', { after_seq: 0, force: true });
    expect(page).toMatchObject({
      count: 0,
      latest_seq: 2,
      server_ack_seq: 2,
      retention_floor_seq: 2,
      earliest_available_seq: 3,
    });
    expect(await n.call('message.send', { to: otto, payload: 'c' })).toMatchObject({ seq: 3 });
  });

  it('a full inbox refuses senders instead of dropping unacked rows', async () => {
    const edge = await start({ inboxMaxUnacked: 3 });
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    for (const body of ['a', 'b', 'c']) await n.call('message.send', { to: otto, payload: body });
    const refused = await n.refused('message.send', { to: otto, payload: 'd' });
    expect(refused).toMatchObject({ code: -32029, message: expect.stringContaining('recipient inbox full') });
    await o.call('message.v2.ack', { up_to_seq: 3 });
    await n.call('message.send', { to: otto, payload: 'd' });
  });
});
