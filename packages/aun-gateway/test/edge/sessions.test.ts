import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallFailed, type TestClient } from './support/client.js';
import { startEdge, type TestEdge } from './support/edge.js';

const nora = 'nora.demo.example';
const otto = 'otto.demo.example';

describe('connection kinds, slots, quotas, presence (02 §11, §12; 04 §25.5, §25.7, §25.8)', () => {
  let edge: TestEdge;
  beforeEach(async () => {
    edge = await startEdge();
    edge.register('nora');
    edge.register('otto');
  });
  afterEach(async () => {
    expect(edge.errors).toEqual([]);
    await edge.stop();
  });

  const kicked = async (client: TestClient) => {
    const { params } = await client.event('event/gateway.disconnect');
    const { code } = await client.closed;
    expect(params.code).toBe(code);
    return params as unknown as { code: number; reason: string; detail: Record<string, unknown> };
  };

  it('50, 51: a newer long connection with the same slot key replaces the older, with both extra infos', async () => {
    const first = await edge.connect(nora, { slot: 'worker cli', extra: { pid: 1, _hidden: 1 } });
    const second = await edge.connect(nora, { slot: 'worker daemon', extra: { pid: 2 } });
    expect(await kicked(first)).toEqual({
      code: 4009,
      reason: 'Connection replaced',
      detail: {
        aid: nora,
        device_id: 'd-1',
        slot_id: 'worker cli',
        self_extra_info: { pid: 1 },
        new_extra_info: { pid: 2 },
      },
    });
    const third = await edge.connect(nora, { slot: 'worker' });
    expect((await kicked(second)).detail).not.toHaveProperty('new_extra_info');
    const o = await edge.connect(otto);
    await o.call('message.send', { to: nora, payload: 'x' });
    await third.event('event/message.received');
    expect(second.eventsOf('event/message.received')).toHaveLength(0);
  });

  it('52: different slot keys coexist and both receive', async () => {
    const a = await edge.connect(nora, { slot: 'worker cli' });
    const b = await edge.connect(nora, { slot: 'other daemon' });
    const o = await edge.connect(otto);
    await o.call('message.send', { to: nora, payload: 'x' });
    await Promise.all([a.event('event/message.received'), b.event('event/message.received')]);
  });

  it('49: the 11th slot evicts the oldest slot, the 11th device the oldest device, 11 AIDs on a device stay', async () => {
    const slots: TestClient[] = [];
    for (let n = 0; n < 10; n += 1) slots.push(await edge.connect(nora, { slot: `slot-${n}` }));
    await edge.connect(nora, { slot: 'slot-NEW' });
    const [oldest] = slots;
    if (!oldest) throw new Error('unreachable');
    expect(await kicked(oldest)).toMatchObject({
      code: 4015,
      detail: {
        slot_id: 'slot-0',
        limit: 10,
        quota_kind: 'aid_device_slot_quota_exceeded',
        evicted_by: { aid: nora, device_id: 'd-1', slot_id: 'slot-NEW' },
      },
    });
    const devices: TestClient[] = [];
    for (let n = 0; n < 11; n += 1) devices.push(await edge.connect(otto, { device: `dev-${n}` }));
    const [first] = devices;
    if (!first) throw new Error('unreachable');
    expect((await kicked(first)).detail).toMatchObject({
      device_id: 'dev-0',
      quota_kind: 'aid_devices_quota_exceeded',
    });
    const many: TestClient[] = [];
    for (let n = 0; n < 11; n += 1) {
      many.push(await edge.connect(edge.register(`agent${n}`).aid, { device: 'shared' }));
    }
    await Promise.all(many.map((client) => client.settle()));
    expect(many.flatMap((client) => client.eventsOf('event/gateway.disconnect'))).toHaveLength(0);
  });

  it('44: ten short connections in one slot, the 11th is refused and closed with 4013', async () => {
    for (let n = 0; n < 10; n += 1) await edge.connect(nora, { kind: 'short' });
    const client = await edge.open();
    const { connect } = await import('./support/client.js');
    const refused = await connect(client, nora, { kind: 'short' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CallFailed);
    expect(String(refused)).toMatch(/4013 short_connection_capacity_exceeded/);
    expect((await client.closed).code).toBe(4013);
  });

  it('45: a silent short connection is closed with 4014 after its TTL; pings keep it', async () => {
    const silent = await edge.connect(nora, { kind: 'short', ttlMs: 400 });
    const busy = await edge.connect(nora, { kind: 'short', ttlMs: 400 });
    const pinging = setInterval(() => void busy.settle(), 100);
    const { code, detail, reason } = await kicked(silent);
    expect({ code, reason }).toEqual({ code: 4014, reason: 'short connection idle timeout' });
    expect(detail).toMatchObject({ aid: nora, device_id: 'd-1', slot_id: 'default', ttl_ms: 400 });
    expect(Number(detail.idle_ms)).toBeGreaterThanOrEqual(400);
    await busy.settle();
    clearInterval(pinging);
  });

  it('42, 43, 46, 47: short connections send, never receive, are not online and survive a new long one', async () => {
    const o = await edge.connect(otto);
    const long = await edge.connect(nora);
    const shorts = await Promise.all([1, 2, 3].map(() => edge.connect(nora, { kind: 'short' })));
    await Promise.all(shorts.map((short, n) => short.call('message.send', { to: otto, payload: `s${n}` })));
    await o.event('event/message.received', 3);
    await o.call('message.send', { to: nora, payload: 'reply' });
    await long.event('event/message.received');
    const next = await edge.connect(nora);
    await kicked(long);
    for (const short of shorts) await short.settle();
    expect(shorts.flatMap((short) => short.eventsOf('event/message.received'))).toHaveLength(0);
    await next.settle();
  });

  it('33-37: presence follows ready long connections only', async () => {
    const n = await edge.connect(nora);
    const online = async () =>
      (await n.call('message.query_online', { aids: [otto, 'ghost.demo.example', nora] })).online;
    const away = { [otto]: false, 'ghost.demo.example': false, [nora]: true };
    expect(await online()).toEqual(away);
    const short = await edge.connect(otto, { kind: 'short' });
    expect(await online()).toEqual(away);
    const [one, two] = [await edge.connect(otto, { device: 'a' }), await edge.connect(otto, { device: 'b' })];
    expect(await online()).toEqual({ ...away, [otto]: true });
    await one.close();
    expect(await online()).toEqual({ ...away, [otto]: true });
    await two.close();
    expect(await online()).toEqual(away);
    await short.close();
    const shouted = nora.toUpperCase();
    expect((await n.call('message.query_online', { aids: [shouted] })).online).toEqual({ [shouted]: true });
    expect((await n.refused('message.query_online', { aids: Array(101).fill(otto) })).code).toBe(-32602);
  });

  it('refuses a long connection with another delivery mode while one is live', async () => {
    await edge.connect(nora, { slot: 'a' });
    const client = await edge.open();
    const { connectParams } = await import('./support/client.js');
    const error = await client.refused(
      'auth.connect',
      connectParams(client, nora, { slot: 'b', mode: 'queue' }),
    );
    expect(error).toMatchObject({ code: -32602, message: expect.stringMatching(/^delivery_mode_conflict/) });
  });

  it('kicks all connections of a suspended AID with 4003', async () => {
    const [a, b] = [await edge.connect(nora, { slot: 'a' }), await edge.connect(nora, { kind: 'short' })];
    edge.edge.disconnectAid(nora, 4003, 'AID suspended');
    expect((await kicked(a)).code).toBe(4003);
    expect((await kicked(b)).code).toBe(4003);
  });

  it('drains with 1012 and without gateway.disconnect', async () => {
    const n = await edge.connect(nora);
    await edge.edge.close();
    expect((await n.closed).code).toBe(1012);
    expect(n.eventsOf('event/gateway.disconnect')).toHaveLength(0);
    expect(edge.edge.accepting).toBe(false);
  });
});

describe('a reader that does not read (02 §6)', () => {
  it('is bounded, nobody else suffers, and a hint is owed when it reads again', async () => {
    const edge = await startEdge({ limits: { outboundMaxBytes: 1_000_000 } });
    for (const name of ['nora', 'otto', 'third']) edge.register(name);
    const n = await edge.connect(nora);
    const slow = await edge.connect(otto, { device: 'slow' });
    const quick = await edge.connect(otto, { device: 'quick' });
    slow.socket.pause();
    const payload = 'x'.repeat(400_000);
    for (let i = 0; i < 30; i += 1) await n.call('message.send', { to: otto, payload });
    await quick.event('event/message.received', 30);
    slow.socket.resume();
    await slow.until(
      () => slow.events.some((event) => event.params.seq === 30) || slow.socket.readyState > 1,
      'news of the newest row',
    );
    expect(slow.socket.readyState).toBe(1);
    expect(slow.eventsOf('event/message.received').length).toBeLessThan(30);
    expect(slow.events.at(-1)?.params.seq).toBe(30);
    const page = await slow.call('message.v2.pull', { after_seq: 29 });
    expect(page.count).toBe(1);
    await edge.stop();
  });
});
