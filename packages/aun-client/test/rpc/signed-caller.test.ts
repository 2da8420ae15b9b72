import { type JsonObject, NotReadyError, SerializationError } from 'aun-core';
import { PrivateKey } from 'aun-crypto';
import { describe, expect, it } from 'vitest';
import type { Link } from '../../src/connection/link.js';
import { signedCaller } from '../../src/rpc/signed-caller.js';
import { FakeClock } from '../support/fake-clock.js';

const caller = (link: Partial<Link> | null) =>
  signedCaller({
    link: () => link as Link | null,
    signer: { aid: 'nora.demo.example', privateKey: PrivateKey.generate(), certFingerprint: 'sha256:00' },
    clock: new FakeClock(),
    callTimeoutMs: () => 10_000,
  });

describe('a call on its way to the connection', () => {
  it('is signed, and given the time that its method needs', async () => {
    const calls: [string, JsonObject, unknown][] = [];
    const call: Link['call'] = async (method, params, options) => {
      calls.push([method, params, options]);
      return {};
    };
    const send = caller({ call });
    await send('group.kick', { aid: 'x' });
    await send('message.query_online', { aids: [] }, { timeoutMs: 500 });
    expect(calls).toEqual([
      ['group.kick', { aid: 'x', client_signature: expect.any(Object) }, { timeoutMs: 35_000 }],
      ['message.query_online', { aids: [] }, { timeoutMs: 500 }],
    ]);
  });

  it('that cannot be JSON is no trouble of the signature (07 §2.3)', async () => {
    const call: Link['call'] = async () => ({});
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const params of [{ n: 1n }, circle]) {
      await expect(caller({ call })('group.kick', params as never)).rejects.toThrow(SerializationError);
    }
  });

  it('goes nowhere without a connection', async () => {
    await expect(caller(null)('meta.ping', {})).rejects.toThrow(NotReadyError);
  });
});
