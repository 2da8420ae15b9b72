import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TestClient } from './support/client.js';
import { startEdge, type TestEdge } from './support/edge.js';

const sender = 'nora.demo.example';
const receiver = 'otto.demo.example';
const devices = ['d-a', 'd-b'] as const;
type Device = (typeof devices)[number];

/** What one device must see: rows in order, acked up to a cursor. */
interface ModelDevice {
  registered: boolean;
  readonly rows: string[];
  acked: number;
}

type Command =
  | { readonly kind: 'send'; readonly id: number }
  | { readonly kind: 'resend'; readonly pick: number }
  | { readonly kind: 'recall'; readonly pick: number }
  | { readonly kind: 'connect' | 'drop' | 'pull'; readonly device: Device }
  | { readonly kind: 'ack'; readonly device: Device; readonly part: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('send' as const), id: fc.nat(1e6) }) },
  fc.record({ kind: fc.constant('resend' as const), pick: fc.nat(20) }),
  fc.record({ kind: fc.constant('recall' as const), pick: fc.nat(20) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('connect' as const, 'drop' as const, 'pull' as const),
      device: fc.constantFrom(...devices),
    }),
  },
  fc.record({ kind: fc.constant('ack' as const), device: fc.constantFrom(...devices), part: fc.nat(100) }),
);

interface PulledRow {
  readonly seq: number;
  readonly message_id: string;
  readonly type: string;
}

class World {
  readonly model: Record<Device, ModelDevice> = {
    'd-a': { registered: false, rows: [], acked: 0 },
    'd-b': { registered: false, rows: [], acked: 0 },
  };
  readonly live = new Map<Device, TestClient>();
  readonly sent: string[] = [];
  readonly recalled = new Set<string>();

  constructor(
    readonly edge: TestEdge,
    readonly client: TestClient,
  ) {}

  async run(step: Command): Promise<void> {
    switch (step.kind) {
      case 'send':
        return this.send(`m-${this.sent.length}-${step.id}`);
      case 'resend': {
        const id = this.sent[step.pick % Math.max(1, this.sent.length)];
        if (id === undefined) return;
        const result = await this.client.call('message.send', {
          to: receiver,
          payload: 'again',
          message_id: id,
        });
        expect(result.status).toBe('duplicate');
        return;
      }
      case 'recall':
        return this.recall(this.sent[step.pick % Math.max(1, this.sent.length)]);
      case 'connect': {
        this.live.set(step.device, await this.edge.connect(receiver, { device: step.device }));
        this.model[step.device].registered = true;
        return;
      }
      case 'drop': {
        await this.live.get(step.device)?.close();
        this.live.delete(step.device);
        return;
      }
      case 'pull':
        return this.check(step.device);
      case 'ack':
        return this.ack(step.device, step.part);
    }
  }

  async send(id: string): Promise<void> {
    const targets = devices.filter((device) => this.model[device].registered);
    const params = { to: receiver, payload: { type: 'text', text: id }, message_id: id };
    if (targets.length === 0) {
      expect((await this.client.refused('message.send', params)).code).toBe(-33011);
      return;
    }
    const result = await this.client.call('message.send', params);
    expect(result.status).toBe(targets.some((device) => this.live.has(device)) ? 'delivered' : 'sent');
    for (const device of targets) this.model[device].rows.push(id);
    this.sent.push(id);
  }

  async recall(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const result = await this.client.call('message.recall', { message_ids: [id] });
    expect(result.recalled).toBe(this.recalled.has(id) ? 0 : 1);
    if (this.recalled.has(id)) return;
    this.recalled.add(id);
    for (const device of devices) {
      if (this.model[device].rows.includes(id)) this.model[device].rows.push(`notice of ${id}`);
    }
  }

  async ack(device: Device, part: number): Promise<void> {
    const model = this.model[device];
    const upTo = Math.floor((model.rows.length * part) / 100);
    const result = await this.live.get(device)?.call('message.v2.ack', { up_to_seq: upTo });
    if (result === undefined) return;
    model.acked = Math.max(model.acked, upTo);
    expect(result.ack_seq).toBe(model.acked);
  }

  /** The device's whole inbox equals the model; what is not acked is what a plain pull gives. */
  async check(device: Device): Promise<void> {
    const client = this.live.get(device);
    if (!client) return;
    const model = this.model[device];
    const rows: PulledRow[] = [];
    for (let more = true; more; ) {
      const page = await client.call('message.v2.pull', { after_seq: rows.length, force: true, limit: 7 });
      rows.push(...page.messages);
      more = page.has_more;
    }
    expect(rows.map((row) => row.seq)).toEqual(model.rows.map((_, i) => i + 1));
    rows.forEach((row, i) => {
      const expected = model.rows[i] ?? '';
      if (expected.startsWith('notice of')) expect(row).toMatchObject({ type: 'message.recalled' });
      else expect(row.message_id).toBe(expected);
      if (this.recalled.has(expected)) expect(row.type).toBe('message.recalled');
    });
    const open = await client.call('message.v2.pull', {});
    expect(open.server_ack_seq).toBe(model.acked);
    expect(open.messages[0]?.seq).toBe(model.rows.length > model.acked ? model.acked + 1 : undefined);
    const pushed = client.events.map((event) => Number(event.params.seq)).filter((seq) => seq > 0);
    expect(pushed).toEqual([...new Set(pushed)].sort((a, b) => a - b));
  }
}

describe('the inbox against a model of it', () => {
  it('after any sequence of sends, resends, recalls, acks, connects and drops', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 40 }), async (steps) => {
        const edge = await startEdge();
        edge.register('nora');
        edge.register('otto');
        try {
          const world = new World(edge, await edge.connect(sender));
          for (const step of steps) await world.run(step);
          for (const device of devices) {
            await world.run({ kind: 'connect', device });
            await world.check(device);
          }
          expect(edge.errors).toEqual([]);
        } finally {
          await edge.stop();
        }
      }),
      { numRuns: 12 * (process.env.AUN_SOAK === '1' ? 25 : 1) },
    );
  }, 120_000);
});
