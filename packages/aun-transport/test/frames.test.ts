import { type JsonObject, ValidationError } from 'aun-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeChallenge,
  encodeError,
  encodeEvent,
  encodeNotification,
  encodeRequest,
  encodeResult,
  exceedsUtf8Bytes,
  MAX_NOTIFICATION_PARAMS_BYTES,
  MAX_REQUEST_BYTES,
} from '../src/index.js';

const numRuns = process.env.AUN_SOAK === '1' ? 20_000 : 300;
const jsonObject = fc
  .dictionary(fc.string(), fc.jsonValue())
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

describe('an inbound frame of a client', () => {
  it.each([
    ['{"id":"rpc-1","result":{}}', 'response'],
    ['{"id":null,"error":{}}', 'response'],
    ['{"id":1,"method":"event/app.x","params":{}}', 'response'],
    ['{"method":"challenge","params":{"nonce":"n"}}', 'challenge'],
    ['{"method":"challenge"}', 'challenge'],
    ['{"method":"event/message.received","params":{}}', 'event'],
    ['{"method":"event/x"}', 'event'],
    ['{"method":"notification/x","params":[1]}', 'notification'],
    ['{"method":"anything"}', 'notification'],
    ['{"method":""}', 'notification'],
    ['{"method":"event/x","params":"text"}', 'invalid'],
    ['{"method":null}', 'invalid'],
    ['{"result":{}}', 'invalid'],
    ['[]', 'invalid'],
    ['"text"', 'invalid'],
    ['{"id":', 'invalid'],
    ['', 'invalid'],
  ])('%s is a %s', (text, kind) => {
    expect(decodeServerFrame(text).kind).toBe(kind);
  });

  it('never makes the decoder throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(['response', 'challenge', 'event', 'notification', 'invalid']).toContain(
          decodeServerFrame(text).kind,
        );
      }),
      { numRuns },
    );
  });

  it('knows no members a JSON text cannot have of itself', () => {
    expect(decodeServerFrame('{"__proto__":{"id":1,"method":"event/x"}}').kind).toBe('invalid');
  });
});

describe('an inbound frame of a server', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":"pre-auth.connect","method":"auth.connect","params":{}}', 'request'],
    ['{"id":5,"method":"meta.ping"}', 'request'],
    ['{"method":"notification/x","params":{}}', 'notification'],
  ])('%s is a %s', (text, kind) => {
    expect(decodeClientFrame(text).kind).toBe(kind);
  });

  it.each([
    ['nonsense', -32700, null],
    ['[{"id":1,"method":"meta.ping"}]', -32600, null],
    ['null', -32600, null],
    ['7', -32600, null],
    ['{"id":null,"method":"meta.ping"}', -32600, null],
    ['{"id":{},"method":"meta.ping"}', -32600, null],
    ['{"id":"a"}', -32600, 'a'],
    ['{"id":"a","method":""}', -32600, 'a'],
    ['{"id":3,"method":7}', -32600, 3],
    ['{"id":"a","method":"meta.ping","params":[1]}', -32602, 'a'],
    ['{"id":"a","method":"meta.ping","params":null}', -32602, 'a'],
  ])('%s is answered with %i', (text, code, id) => {
    expect(decodeClientFrame(text)).toMatchObject({ kind: 'invalid', id, error: { code } });
  });

  it('never makes the decoder throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(['request', 'notification', 'invalid']).toContain(decodeClientFrame(text).kind);
      }),
      { numRuns },
    );
  });
});

describe('frames survive the way from one side to the other', () => {
  it('as requests and notifications', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.integer()),
        fc.string({ minLength: 1 }),
        jsonObject,
        (id, method, params) => {
          expect(decodeClientFrame(encodeRequest(id, method, params))).toEqual({
            kind: 'request',
            id,
            method,
            params,
          });
          const notice = `notification/${method}`;
          expect(decodeClientFrame(encodeNotification(notice, params))).toEqual({
            kind: 'notification',
            method: notice,
            params,
          });
        },
      ),
      { numRuns },
    );
  });

  it('as answers with exactly one of result and error, and as events without an id', () => {
    fc.assert(
      fc.property(fc.string(), jsonObject, fc.string({ minLength: 1 }), (id, value, name) => {
        const result = { jsonrpc: '2.0', id, result: value, _meta: { m: 1 }, _trace: { t: 1 } };
        expect(JSON.parse(encodeResult(id, value, { meta: { m: 1 }, trace: { t: 1 } }))).toEqual(result);
        const refusal = { code: -32602, message: 'no', data: value };
        expect(JSON.parse(encodeError(id, refusal))).toEqual({ jsonrpc: '2.0', id, error: refusal });
        const { _trace, ...params } = value;
        const event = decodeServerFrame(encodeEvent(name, params, { meta: { m: 1 } }));
        expect(event).toEqual({ kind: 'event', name, params, meta: { m: 1 } });
      }),
      { numRuns },
    );
    expect(decodeServerFrame(encodeChallenge({ nonce: 'n' }))).toEqual({
      kind: 'challenge',
      params: { nonce: 'n' },
    });
    expect(JSON.parse(encodeError(null, { code: -32700, message: 'parse error' })).id).toBeNull();
  });
});

describe('limits of what a client sends', () => {
  const envelope = encodeRequest('rpc-1', 'message.send', { text: '' }).length;

  it('are counted in UTF-8 bytes', () => {
    expect(
      encodeRequest('rpc-1', 'message.send', { text: 'x'.repeat(MAX_REQUEST_BYTES - envelope) }).length,
    ).toBe(MAX_REQUEST_BYTES);
    const accents = Math.floor((MAX_REQUEST_BYTES - envelope) / 2);
    expect(() => encodeRequest('rpc-1', 'message.send', { text: 'é'.repeat(accents) })).not.toThrow();
    for (const text of ['x'.repeat(MAX_REQUEST_BYTES - envelope + 1), 'é'.repeat(accents + 1)]) {
      expect(() => encodeRequest('rpc-1', 'message.send', { text })).toThrow(/payload is too large/);
    }
    const params = { text: 'x'.repeat(MAX_NOTIFICATION_PARAMS_BYTES - '{"text":""}'.length) };
    expect(() => encodeNotification('event/app.x', params)).not.toThrow();
    expect(() => encodeNotification('event/app.x', { text: `${params.text}x` })).toThrow(ValidationError);
  });

  it('agree with an encoder for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(150), (text, limit) => {
        expect(exceedsUtf8Bytes(text, limit)).toBe(Buffer.byteLength(text) > limit);
      }),
      { numRuns },
    );
  });
});
