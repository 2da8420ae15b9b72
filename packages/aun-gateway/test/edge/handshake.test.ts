import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectParams } from './support/client.js';
import { startEdge, type TestEdge } from './support/edge.js';

describe('opening a connection (02 §4)', () => {
  let edge: TestEdge;
  const nora = 'nora.demo.example';
  beforeAll(async () => {
    edge = await startEdge({ limits: { challengeDelayMs: 25 } });
    edge.register('nora');
  });
  afterAll(() => edge.stop());

  it('sends the challenge as the first frame, with a nonce of its own per socket', async () => {
    const [first, second] = await Promise.all([edge.open(), edge.open()]);
    expect(first.events[0]?.method).toBe('challenge');
    expect(first.nonce).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(first.nonce).not.toBe(second.nonce);
    expect(first.events[0]?.params).toMatchObject({ protocol: { min: '1.0', max: '1.0' } });
  });

  it('refuses session methods before auth.connect and keeps the socket', async () => {
    const client = await edge.open();
    expect((await client.refused('message.send', {})).code).toBe(-32001);
    expect((await client.refused('no.such_method', {})).code).toBe(-32001);
    expect(await client.call('meta.ping')).toMatchObject({ pong: true });
  });

  it('keeps socket and nonce after a failed auth.connect', async () => {
    const client = await edge.open();
    const params = connectParams(client, nora);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const error = await client.refused('auth.connect', {
        ...params,
        auth: { method: 'kite_token', token: 'x' },
      });
      expect(error.code).toBe(4001);
      expect(error.message).toMatch(/^auth_failed/);
    }
    expect((await client.refused('auth.connect', { ...params, nonce: 'other' })).code).toBe(4010);
    expect((await client.refused('auth.connect', { nonce: client.nonce })).code).toBe(4000);
    const result = await client.call('auth.connect', params);
    expect(result).toMatchObject({
      status: 'ok',
      heartbeat_interval: 30,
      connection: { device_id: 'd-1', slot_id: 'default', kind: 'long' },
    });
    expect((await client.refused('auth.connect', params)).code).toBe(-32600);
  });

  it('names the reason of a bad device, slot, protocol or extra_info', async () => {
    const client = await edge.open();
    const params = connectParams(client, nora);
    const refuse = (change: object) => client.refused('auth.connect', { ...params, ...change });
    expect(await refuse({ device: { id: '' }, client: { slot_id: 'main' } })).toMatchObject({
      code: -32602,
      message: expect.stringMatching(/^slot_requires_device_id/),
    });
    expect(await refuse({ client: { slot_id: '/x' } })).toMatchObject({
      code: -32602,
      message: expect.stringMatching(/^invalid_slot_id/),
    });
    expect(await refuse({ extra_info: { text: 'x'.repeat(5_000) } })).toMatchObject({
      code: -32602,
      data: { field: 'extra_info', limit: 4096 },
    });
  });

  it('answers a protocol mismatch, then closes with 4001', async () => {
    const client = await edge.open();
    const error = await client.refused('auth.connect', {
      ...connectParams(client, nora),
      protocol: { min: '2.0', max: '3.0' },
    });
    expect(error).toMatchObject({ code: -32000, message: expect.stringMatching(/^protocol_mismatch/) });
    expect((await client.closed).code).toBe(4001);
  });

  it('refuses an upgrade on another path with 404', async () => {
    const { WebSocket } = await import('ws');
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(edge.url.replace('/aun', '/other'));
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => {});
    });
    expect(status).toBe(404);
  });

  it('closes an idle unauthenticated socket with 4008', async () => {
    const quick = await startEdge({ limits: { authTimeoutMs: 200 } });
    const client = await quick.open();
    expect((await client.closed).code).toBe(4008);
    await quick.stop();
  });
});

describe('frames (02 §3)', () => {
  let edge: TestEdge;
  beforeAll(async () => {
    edge = await startEdge();
    edge.register('nora');
  });
  afterAll(() => edge.stop());

  it('answers an array, a scalar and a frame without method without closing', async () => {
    const client = await edge.connect('nora.demo.example');
    for (const text of ['[1,2]', '7', '{"id":"x"}', '{"id":{},"method":"meta.ping"}']) client.raw(text);
    await client.settle();
    const answers = client.frames.slice(-5, -1).map((text) => JSON.parse(text));
    expect(answers.map((answer) => answer.error.code)).toEqual([-32600, -32600, -32600, -32600]);
    expect(answers.map((answer) => answer.id)).toEqual([null, null, 'x', null]);
  });

  it('answers invalid JSON with -32700 and closes with 1002 after five of them', async () => {
    const client = await edge.connect('nora.demo.example', { slot: 'broken' });
    for (let n = 0; n < 5; n += 1) client.raw('{"nope');
    expect((await client.closed).code).toBe(1002);
    expect(client.frames.filter((text) => text.includes('-32700'))).toHaveLength(5);
  });

  it('closes with 1009 on a frame above 1 MiB', async () => {
    const client = await edge.connect('nora.demo.example', { slot: 'large' });
    client.raw(JSON.stringify({ id: 'x', method: 'meta.ping', params: { pad: 'x'.repeat(1_048_576) } }));
    expect((await client.closed).code).toBe(1009);
  });

  it('answers unknown methods with "Method not found: <m>" and echoes ids unchanged', async () => {
    const client = await edge.connect('nora.demo.example', { slot: 'ids' });
    client.raw(JSON.stringify({ jsonrpc: '2.0', id: 17, method: 'mail.fetch', params: {} }));
    await client.settle();
    const answer = JSON.parse(client.frames.at(-2) ?? '{}');
    expect(answer).toEqual({
      jsonrpc: '2.0',
      id: 17,
      error: { code: -32601, message: 'Method not found: mail.fetch' },
    });
  });

  it('names the field of a bad param and never puts an id into an event', async () => {
    const client = await edge.connect('nora.demo.example', { slot: 'fields' });
    expect(await client.refused('message.query_online', { aids: 'nora' })).toMatchObject({
      code: -32602,
      data: { field: 'aids' },
    });
    expect(await client.refused('message.query_online', {})).toMatchObject({
      code: -32602,
      data: { field: 'aids' },
    });
    expect(await client.refused('message.v2.ack', { up_to_seq: -1 })).toMatchObject({
      code: -32602,
      data: { field: 'up_to_seq' },
    });
    for (const text of client.frames) {
      const frame = JSON.parse(text);
      expect('method' in frame && 'id' in frame).toBe(false);
      expect('result' in frame && 'error' in frame).toBe(false);
    }
  });
});
