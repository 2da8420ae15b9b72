import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestClient } from './support/client.js';
import { startEdge, type TestEdge } from './support/edge.js';
import { envelope } from './support/envelope.js';

const nora = 'nora.demo.example';
const otto = 'otto.demo.example';

const methods = [
  'auth.connect',
  'message.send',
  'message.v2.put_peer_pk',
  'message.v2.bootstrap',
  'message.v2.pull',
  'message.v2.ack',
  'message.pull',
  'message.ack',
  'message.recall',
  'message.query_online',
  'message.thought.put',
  'message.thought.get',
  'meta.ping',
  'meta.status',
  'notification/route',
];

describe('hostile input', () => {
  let edge: TestEdge;
  let neighbour: TestClient;
  beforeAll(async () => {
    edge = await startEdge();
    edge.register('nora');
    edge.register('otto');
    neighbour = await edge.connect(otto);
  });
  afterAll(() => edge.stop());

  it('answers every request with one of the catalogue’s errors or a result, and stays up', async () => {
    const client = await edge.connect(nora);
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(nora, otto, 0, -1, 2 ** 53, '', null),
    );
    const names = fc.constantFrom(
      ...[
        'to',
        'payload',
        'message_id',
        'aids',
        'after_seq',
        'limit',
        'up_to_seq',
        'seq',
        'message_ids',
        'peer_aid',
      ],
      ...[
        'sender_aid',
        'context',
        'thought_id',
        'target',
        'deliver',
        'ttl_ms',
        'nonce',
        'auth',
        'device',
        '_trace',
      ],
      ...['client_signature', 'device_id', 'slot_id', 'force', '__proto__', 'constructor'],
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...methods), fc.dictionary(names, value), async (method, params) => {
        const answer = await client.request(method, params);
        expect('result' in answer).toBe(!('error' in answer));
        if ('error' in answer) {
          const { code } = answer.error as { code: number };
          expect([5000, -32603]).not.toContain(code);
        }
      }),
      { numRuns: 300 * (process.env.AUN_SOAK === '1' ? 100 : 1) },
    );
    expect(edge.errors).toEqual([]);
    await neighbour.settle();
  });

  it('refuses or stores a mutated envelope, never fails on it', async () => {
    const client = await edge.connect(nora, { slot: 'mutant' });
    const good = envelope({ from: nora, to: otto });
    const keys = [...Object.keys(good), 'aad.from', 'aad.timestamp', 'recipients.0', 'recipients.1.7'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 2 }), async (path, value) => {
        const payload = structuredClone(good) as unknown as Record<string, unknown>;
        const steps = path.split('.');
        const last = steps.pop() ?? '';
        let at = payload;
        for (const step of steps) at = at[step] as Record<string, unknown>;
        at[last] = value;
        const answer = await client.request('message.send', { to: otto, payload });
        if ('error' in answer) expect([5000, -32603]).not.toContain((answer.error as { code: number }).code);
      }),
      { numRuns: 150 * (process.env.AUN_SOAK === '1' ? 100 : 1) },
    );
    expect(edge.errors).toEqual([]);
  });

  it('refuses JSON nested beyond reason and survives it in a notification', async () => {
    const client = await edge.connect(nora, { slot: 'deep' });
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    client.raw(
      `{"jsonrpc":"2.0","id":"d","method":"message.send","params":{"to":"${otto}","payload":${deep}}}`,
    );
    client.raw(
      `{"jsonrpc":"2.0","method":"notification/route","params":{"target":{"type":"aid","aid":"${otto}"},"deliver":{"method":"event/app.x","params":{"a":${deep}}}}}`,
    );
    await client.settle();
    expect(
      client.frames.some((frame) => frame.startsWith('{"jsonrpc":"2.0","id":"d","error":{"code":-32602')),
    ).toBe(true);
    await neighbour.settle();
    expect(edge.errors).toEqual([]);
  });

  it('answers more than 48 requests in flight with -32029 and serves the rest', async () => {
    const client = await edge.connect(nora, { slot: 'flood' });
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => client.request('message.send', { to: otto, payload: 'x' })),
    );
    const codes = answers.map((answer) => (answer.error as { code: number } | undefined)?.code ?? 0);
    expect(codes.filter((code) => code === 0).length).toBeGreaterThanOrEqual(48);
    expect(new Set(codes.filter((code) => code !== 0))).toEqual(
      codes.some((code) => code !== 0) ? new Set([-32029]) : new Set(),
    );
  });

  it('limits requests per AID when configured, but never pings', async () => {
    const limited = await startEdge({ limits: { rpcRate: 1, rpcBurst: 3 } });
    limited.register('nora');
    const client = await limited.connect(nora);
    const codes = [];
    for (let i = 0; i < 6; i += 1) {
      const answer = await client.request('message.query_online', { aids: [nora] });
      codes.push((answer.error as { code: number } | undefined)?.code ?? 0);
      await client.call('meta.ping');
    }
    expect(codes).toEqual([0, 0, 0, -32029, -32029, -32029]);
    await limited.stop();
  });

  it('answers 5003 with no_service when the disk is full, stores nothing, and goes on when there is space', async () => {
    const full = await startEdge();
    full.register('nora');
    full.register('otto');
    const [n, o] = [await full.connect(nora), await full.connect(otto)];
    full.db.exec(`PRAGMA max_page_count = ${Number(full.db.rawAll('PRAGMA page_count')[0]?.page_count) + 1}`);
    const payload = 'x'.repeat(200_000);
    expect(await n.refused('message.send', { to: otto, payload, message_id: 'm' })).toMatchObject({
      code: 5003,
      message: expect.stringContaining('no_service'),
    });
    full.db.exec('PRAGMA max_page_count = 1000000');
    expect(await n.call('message.send', { to: otto, payload, message_id: 'm' })).toMatchObject({ seq: 1 });
    expect((await o.event('event/message.received')).params.seq).toBe(1);
    await full.stop();
  });
});
