import type { JsonObject } from 'aun-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConnectParams } from '../../src/session/connect-params.js';
import { connectParams, type TestClient } from './support/client.js';
import { startEdge, type TestEdge } from './support/edge.js';

const nora = 'nora.demo.example';
let edge: TestEdge;
let client: TestClient;
beforeAll(async () => {
  edge = await startEdge();
  edge.register('nora');
  client = await edge.open();
});
afterAll(() => edge.stop());

describe('params of auth.connect (02 §4.4)', () => {
  it.each([
    ['protocol', '1.0'],
    ['protocol', []],
    ['protocol.min', { min: 1 }],
    ['protocol.max', { max: 'x'.repeat(17) }],
    ['device', 'x'],
    ['client', 7],
    ['delivery_mode', 5],
    ['delivery_mode', 'sometimes'],
    ['extra_info', 'x'],
    ['extra_info', [1]],
    ['options', true],
    ['options.kind', { kind: 'medium' }],
    ['options.kind', { kind: 1 }],
    ['options.short_ttl_ms', { short_ttl_ms: '5' }],
    ['options.short_ttl_ms', { short_ttl_ms: -1 }],
    ['options.short_ttl_ms', { short_ttl_ms: 1.5 }],
    ['auth', null],
    ['auth.token', { method: 'kite_token', token: 5 }],
  ])('of a wrong shape are 4000 and name %s (%j)', async (field, value) => {
    const [top = ''] = field.split('.');
    const error = await client.refused('auth.connect', { ...connectParams(client, nora), [top]: value });
    expect(error).toMatchObject({ code: 4000, data: { field } });
    expect(error.message).toMatch(new RegExp(`^missing ${field}`));
  });

  it('that are optional objects or members may be null', async () => {
    const socket = await edge.open();
    const result = await socket.call('auth.connect', {
      ...connectParams(socket, nora),
      protocol: null,
      client: null,
      delivery_mode: null,
      extra_info: null,
      options: null,
      capabilities: null,
    });
    expect(result).toMatchObject({ status: 'ok', connection: { slot_id: 'default', kind: 'long' } });
    const other = await edge.open();
    await other.call('auth.connect', {
      ...connectParams(other, nora),
      protocol: { min: null },
      client: { slot_id: null, sdk_lang: null },
      delivery_mode: { mode: null, routing: null, affinity_ttl_ms: null },
      options: { kind: null, short_ttl_ms: null },
    });
  });

  it('that ask for a longer life than a day get a day', async () => {
    const socket = await edge.open();
    const params = connectParams(socket, nora, { kind: 'short', ttlMs: 1e12 });
    expect(readConnectParams(params as JsonObject).shortTtlMs).toBe(86_400_000);
    expect(await socket.call('auth.connect', params)).toMatchObject({ connection: { kind: 'short' } });
  });

  it('may name the delivery mode alone', async () => {
    const socket = await edge.open();
    const long = { ...connectParams(socket, nora, { slot: 'worker' }), delivery_mode: 'queue' };
    const keeper = await edge.connect(nora, { slot: 'keeper' });
    expect((await socket.refused('auth.connect', long)).message).toMatch(/^delivery_mode_conflict/);
    keeper.cut();
  });
});
