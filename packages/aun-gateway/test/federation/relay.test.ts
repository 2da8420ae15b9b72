import { buildClientSignature } from 'aun-pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, TestClient } from '../edge/support/client.js';
import type { TestAgent } from '../support/agent.js';
import { ForeignGateway } from './foreign-gateway.js';
import { Domain } from './two-domains.js';

let b: Domain;
let c: ForeignGateway;
let peer: TestClient;
let bob: TestAgent;
let atB: TestClient;
const federation = () => ({
  peers: { 'c.localhost': { url: 'https://127.0.0.1:1', roots: [c.rootPem] } },
});

beforeAll(async () => {
  c = await ForeignGateway.create('c.localhost');
  b = new Domain('b.localhost');
  await b.start(federation());
  bob = await b.agent('bobby');
  atB = await b.connect(bob);
  peer = await c.connect(b.url, b.issuer);
}, 30_000);

afterAll(async () => {
  peer?.cut();
  atB?.cut();
  await b?.stop();
  b?.remove();
});

let next = 0;
const relay = (change: Json = {}, params: Json = {}): Json => {
  next += 1;
  return {
    relay_id: `r-test-${next}`,
    hop: 1,
    namespace: 'message',
    method: 'send',
    params: { to: bob.aid, payload: { n: next }, message_id: `relayed-${next}`, ...params },
    caller: { aid: 'carl.c.localhost', device_id: 'd-1', slot_id: 'default', kind: 'long' },
    timeout_ms: 8000,
    ...change,
  };
};

describe('federation.relay', () => {
  it('runs the call for an agent of the peer', async () => {
    const outcome = await peer.call('federation.relay', relay());
    expect(outcome).toMatchObject({ relay_id: `r-test-${next}`, ok: true, result: { status: 'delivered' } });
    const { params } = await atB.event('event/message.received');
    expect(params).toMatchObject({ from: 'carl.c.localhost', same_egress_ip: false });
  });

  it('runs one relay id once, at the same time, later, and after a restart', async () => {
    const same = relay();
    const [first, second] = await Promise.all([
      peer.call('federation.relay', same),
      peer.call('federation.relay', same),
    ]);
    expect(second).toEqual(first);
    expect(await peer.call('federation.relay', same)).toEqual(first);
    await b.stop();
    await b.start(federation());
    atB = await b.connect(bob);
    peer = await c.connect(b.url, b.issuer);
    expect(await peer.call('federation.relay', same)).toEqual(first);
    const { messages } = await atB.call('message.v2.pull', { after_seq: 0 });
    const id = `relayed-${next}`;
    expect(messages.filter((m: { message_id: string }) => m.message_id === id)).toHaveLength(1);
  });

  it('gives a message without id the id of its relay', async () => {
    const params = { to: bob.aid, payload: { text: 'no id' } };
    const { result } = await peer.call('federation.relay', relay({ relay_id: 'r-0b1c', params }));
    expect(result.message_id).toBe('0b1c');
  });

  it('hands on refusals of the service as outcomes', async () => {
    const outcome = await peer.call('federation.relay', relay({}, { to: 'nobody.b.localhost' }));
    expect(outcome).toMatchObject({ ok: false, error: { code: -32008 } });
    expect(await peer.call('federation.relay', relay({}, { to: 1 }))).toMatchObject({
      ok: false,
      error: { code: -32602, data: { field: 'to' } },
    });
  });

  it('serves nothing that is not listed', async () => {
    for (const [namespace, method] of [
      ['message', 'v2.pull'],
      ['auth', 'connect'],
      ['meta', 'ping'],
      ['federation', 'relay'],
      ['__proto__', 'x'],
    ]) {
      const outcome = await peer.call('federation.relay', relay({ namespace, method, params: {} }));
      expect(outcome).toMatchObject({ ok: false, error: { code: -32601 } });
    }
  });

  it('is refused with -32012 when it was relayed before, is at the wrong home, or has a spoofed caller', async () => {
    const caller = { aid: 'carl.x.localhost', device_id: 'd-1', slot_id: 'default', kind: 'long' };
    const refusals: readonly (readonly [Json, RegExp])[] = [
      [relay({ hop: 2 }), /federation_loop/],
      [relay({ hop: 0 }), /federation_loop/],
      [relay({}, { to: 'someone.x.localhost' }), /federation_loop/],
      [relay({ caller }), /caller_mismatch/],
      [relay({ caller: { ...caller, aid: bob.aid } }), /caller_mismatch/],
      [relay({ accepted_at_ms: 1 }), /expired/],
    ];
    for (const [frame, reason] of refusals) {
      const error = await peer.refused('federation.relay', frame);
      expect(error.code).toBe(-32012);
      expect(error.message).toMatch(reason);
    }
  });

  it('is refused with -32602 when it is malformed', async () => {
    for (const frame of [
      {},
      { ...relay(), relay_id: '' },
      { ...relay(), relay_id: 'with space' },
      { ...relay(), params: [] },
      { ...relay(), hop: '1' },
      { ...relay(), caller: { aid: 'no aid' } },
      {
        ...relay(),
        caller: { aid: 'carl.c.localhost', device_id: '../x', slot_id: 'default', kind: 'long' },
      },
      { ...relay(), caller: { aid: 'carl.c.localhost', device_id: 'd', slot_id: '/x', kind: 'long' } },
      { ...relay(), caller: { aid: 'carl.c.localhost', device_id: 'd', slot_id: 'x', kind: 'root' } },
    ]) {
      expect((await peer.refused('federation.relay', frame)).code).toBe(-32602);
    }
  });

  it('does not believe a signature that cannot be checked', async () => {
    const { key } = await c.issue('carl.c.localhost');
    const params = { to: bob.aid, payload: { text: 'signed' } };
    const signature = buildClientSignature({
      method: 'message.send',
      params,
      aid: 'carl.c.localhost',
      privateKey: key,
      certFingerprint: `sha256:${'0'.repeat(64)}`,
      now: Date.now(),
    });
    const outcome = await peer.call(
      'federation.relay',
      relay({ params: { ...params, client_signature: { ...signature } } }),
    );
    expect(outcome).toMatchObject({ ok: false, error: { code: 5003 } });
    expect(outcome.error.message).toContain('certificate not loaded');
  });
});

describe('federation.relay_batch', () => {
  it('answers in the order of its items, each on its own', async () => {
    const items = [relay(), relay({ hop: 3 }), 17, relay({}, { to: 'nobody.b.localhost' }), relay()];
    const answer = await peer.call('federation.relay_batch', { items });
    expect(answer.items.map((item: { ok: boolean }) => item.ok)).toEqual([true, false, false, false, true]);
    expect(answer.items.map((item: Json) => (item.error as { code: number } | undefined)?.code)).toEqual([
      undefined,
      -32012,
      -32602,
      -32008,
      undefined,
    ]);
  });

  it('keeps the order of messages', async () => {
    const before = (await atB.call('message.v2.pull', { after_seq: 0 })).latest_seq;
    const items = Array.from({ length: 40 }, () => relay());
    await peer.call('federation.relay_batch', { items });
    const page = await atB.call('message.v2.pull', { after_seq: before, force: true });
    expect(page.messages.map((m: { message_id: string }) => m.message_id)).toEqual(
      items.map(({ params }) => (params as { message_id: string }).message_id),
    );
  });

  it('has at most 100 items', async () => {
    const items = Array.from({ length: 101 }, () => relay());
    expect((await peer.refused('federation.relay_batch', { items })).code).toBe(-32602);
    expect((await peer.refused('federation.relay_batch', { items: [] })).code).toBe(-32602);
    expect((await peer.refused('federation.relay_batch', {})).code).toBe(-32602);
  });
});

describe('federation.event', () => {
  const event = (change: Json = {}): Json => ({
    event_id: 'e-1',
    target: { aid: bob.aid },
    method: 'event/app.note',
    params: { _notify: { from_aid: 'carl.c.localhost' }, n: 1 },
    ...change,
  });
  const send = async (...items: Json[]) => (await peer.call('federation.event', { items })).accepted;

  it('reaches the agents that it is for', async () => {
    expect(await send(event())).toBe(1);
    expect((await atB.event('event/app.note')).params).toMatchObject({ n: 1 });
  });

  it('passes nothing that the peer may not say', async () => {
    const wrong = [
      event({ target: { aid: 'bobby.x.localhost' } }),
      event({ method: 'event/gateway.disconnect' }),
      event({ method: 'event/message.received' }),
      event({ method: 'challenge' }),
      event({ params: {} }),
      event({ params: { _notify: { from_aid: bob.aid } } }),
      event({ method: 'event/group.changed', params: { group_aid: 'team.b.localhost' } }),
      event({ method: 'event/message.recalled', params: { from: bob.aid } }),
    ];
    expect(await send(...wrong)).toBe(0);
    await atB.settle();
    expect(
      atB.events.filter(({ method }) => /disconnect|group|recalled|message\.received/.test(method)).length,
    ).toBe(atB.eventsOf('event/message.received').length);
  });

  it('is refused when it is malformed', async () => {
    for (const items of [[], 'x', [1], [event({ target: {} })], Array.from({ length: 101 }, () => event())]) {
      expect((await peer.refused('federation.event', { items })).code).toBe(-32602);
    }
  });
});

describe('a connection of another gateway', () => {
  it('is no connection of a client', async () => {
    for (const method of ['auth.connect', 'message.send', 'auth.create_aid']) {
      expect((await peer.refused(method, {})).code).toBe(-32601);
    }
    expect(await peer.call('meta.ping')).toMatchObject({ pong: true });
  });

  it('begins with a hello', async () => {
    const { TestClient } = await import('../edge/support/client.js');
    const stranger = await TestClient.open(b.url);
    for (const method of ['federation.relay', 'federation.relay_batch', 'federation.event', 'federation.x']) {
      expect(await stranger.refused(method, relay())).toMatchObject({
        code: -32001,
        message: expect.stringMatching(/^authentication required/),
      });
    }
    stranger.cut();
  });
});

describe('limits', () => {
  it('hold for the messages of one foreign agent and the calls of one issuer', async () => {
    const narrow = new Domain('b.localhost', {
      federation: { ...federation(), aidRate: 0.001, aidBurst: 2, issuerRate: 0 },
    });
    await narrow.start();
    try {
      const bobby = await narrow.agent('bobby');
      const client = await narrow.connect(bobby);
      const guest = await c.connect(narrow.url, narrow.issuer);
      const outcomes = [];
      for (let n = 0; n < 3; n += 1) outcomes.push(await guest.call('federation.relay', relay()));
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false]);
      expect(outcomes[2]).toMatchObject({ error: { code: -32029 } });
      expect(outcomes[2].error.data.retry_after).toBeGreaterThan(0);
      guest.cut();
      client.cut();
    } finally {
      await narrow.stop();
      narrow.remove();
    }
  });
});
