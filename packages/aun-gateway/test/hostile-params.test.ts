import type { JsonObject, JsonValue } from 'aun-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RpcFailure } from '../src/rpc/failure.js';
import { answerTo, phaseOne, register, type TestAgent } from './support/agent.js';
import { openPlane, type Plane } from './support/plane.js';

let plane: Plane;
let alice: TestAgent;
beforeAll(async () => {
  plane = await openPlane();
  alice = await register((method, params) => plane.call(method, params), 'alice.example.test');
});
afterAll(() => plane.close());

const numRuns = process.env.AUN_SOAK === '1' ? 5000 : 150;

const someJson = fc.jsonValue().map((value) => value as JsonValue);
const garbage = fc.oneof(
  someJson,
  fc.string({ maxLength: 200 }),
  fc.constant('alice.example.test'),
  fc.base64String({ maxLength: 200 }),
  fc.constant(`-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n-----END CERTIFICATE-----\n`),
);

const keys = ['aid', 'public_key', 'curve', 'cert', 'client_nonce', 'request_id', 'nonce', 'client_time'];
const more = ['signature', 'new_public_key', 'refresh_token', 'cert_sn', 'access_token'];
const params = fc
  .dictionary(fc.constantFrom(...keys, ...more), garbage)
  .map((members) => ({ ...members }) as JsonObject);

const methods = [
  'auth.create_aid',
  'auth.aid_login1',
  'auth.aid_login2',
  'auth.refresh_token',
  'auth.renew_cert',
  'auth.rekey',
  'auth.download_cert',
];

describe('the auth service', () => {
  it.each(methods)('%s answers any params with a result or a protocol error', async (method) => {
    await fc.assert(
      fc.asyncProperty(params, async (input) => {
        try {
          expect(await plane.call(method, input)).toBeTypeOf('object');
        } catch (error) {
          expect(error).toBeInstanceOf(RpcFailure);
          expect((error as RpcFailure).code).toBeLessThan(0);
        }
      }),
      { numRuns },
    );
  });

  it('keeps its word about -32602: the field is named', async () => {
    for (const method of methods.filter((name) => name !== 'auth.refresh_token')) {
      const refused = await plane.call(method, {}).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: -32602, data: { field: expect.any(String) } });
    }
  });

  it('never logs anybody in for a signature over something else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.base64String({ minLength: 4, maxLength: 120 }), async (signature) => {
        const one = await phaseOne((method, input) => plane.call(method, input), alice);
        const two = plane.call('auth.aid_login2', { ...answerTo(alice, one), client_time: '1', signature });
        await expect(two).rejects.toMatchObject({ code: -32003 });
      }),
      { numRuns: Math.ceil(numRuns / 5) },
    );
  });
});
