import { E2EEError, type JsonObject, SerializationError, ValidationError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { OTTO, OutboxScene } from '../support/outbox.js';

const refusal = async (params: object, ttl: unknown = null): Promise<unknown> => {
  const scene = new OutboxScene();
  const given = { to: OTTO, payload: { text: 'a' }, ...params } as JsonObject;
  const error = await scene.outbox.enqueue(given, ttl as number | null).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(scene.stored).toHaveLength(error === null ? 1 : 0);
  return error;
};

describe('a durable send is refused at the call', () => {
  it('when its ttl is no number of seconds above 0 that a clock can hold', async () => {
    for (const ttl of [0, -1, '5', Number.NaN, Number.POSITIVE_INFINITY, 1e300, true, {}]) {
      const error = await refusal({}, ttl);
      expect(error, String(ttl)).toBeInstanceOf(ValidationError);
      expect(error).toMatchObject({ data: { field: 'ttl' }, message: expect.stringContaining('ttl') });
    }
    for (const ttl of [null, 0.0001, 1.5, 3_600]) expect(await refusal({}, ttl)).toBeNull();
  });

  it('when its message id is one that no server takes (04 §1.2)', async () => {
    for (const id of ['', 7, true, {}, 'x'.repeat(129), 'a\nb']) {
      for (const encrypt of [true, false]) {
        const error = await refusal({ message_id: id, encrypt });
        expect(error, String(id)).toBeInstanceOf(ValidationError);
        expect(error).toMatchObject({ data: { field: 'message_id' } });
      }
    }
    for (const id of [null, 'x'.repeat(128)]) expect(await refusal({ message_id: id })).toBeNull();
  });

  it('when it could not be encrypted later', async () => {
    const odd = { nan: Number.NaN, made: () => 0, missing: undefined, list: [undefined] };
    for (const [name, value] of Object.entries(odd)) {
      const error = await refusal({ payload: { inner: { value } } });
      expect(error, name).toBeInstanceOf(E2EEError);
      expect(error).toMatchObject({ localCode: 'payload_invalid' });
    }
    expect(await refusal({ context: { id: Number.NaN } })).toMatchObject({ localCode: 'context_invalid' });
    expect(await refusal({ timestamp: 1.5 })).toMatchObject({ localCode: 'timestamp_invalid' });
  });

  it('when a part of it is no JSON', async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const value of [1n, circular]) {
      expect(await refusal({ encrypt: false, context: { value } })).toBeInstanceOf(SerializationError);
      expect(await refusal({ note: value })).toBeInstanceOf(SerializationError);
    }
  });
});

it('a durable send holds what a direct one would encrypt', async () => {
  const scene = new OutboxScene();
  const payload = { when: new Date(0), text: 'a', ['__proto__']: 1 } as unknown as JsonObject;
  await scene.outbox.enqueue({ to: OTTO, payload }, null);
  const [entry] = scene.stored;
  expect(scene.seal.open(entry?.sealed ?? new Uint8Array(0))?.payload).toEqual(
    JSON.parse('{"__proto__":1,"text":"a","when":{}}'),
  );
});
