import { RpcCode } from 'aun-core';
import { buildClientSignature, SIGNED_METHODS } from 'aun-pki';
import { afterEach, describe, expect, it } from 'vitest';
import type { EdgeLimits } from '../../src/ports.js';
import { RpcFailure } from '../../src/rpc/failure.js';
import { FirstOutcomes } from '../../src/rpc/first-outcomes.js';
import { type Json, TestClient } from './support/client.js';
import { type KnownAid, startEdge, type TestEdge } from './support/edge.js';

let edge: TestEdge;
afterEach(() => edge?.stop());

interface Signing {
  readonly now?: number;
  /** Params that are hashed, when they differ from the ones sent. */
  readonly hashed?: Json;
}

const signed = (who: KnownAid, method: string, params: Json, { now, hashed }: Signing = {}): Json => ({
  ...params,
  client_signature: buildClientSignature({
    method,
    params: hashed ?? params,
    aid: who.aid,
    privateKey: who.key,
    certFingerprint: who.fingerprint,
    now: now ?? Date.now(),
  }),
});

const open = async (limits: Partial<EdgeLimits> = {}) => {
  edge = await startEdge({ limits });
  const [nora, otto] = [edge.register('nora'), edge.register('otto')];
  return { nora, otto, n: await edge.connect(nora.aid), o: await edge.connect(otto.aid) };
};

/** Signed by clients too, but the connection has already proved who pulls, acknowledges and looks up. */
const connected = (peer: string): [string, Json][] => [
  ['message.v2.pull', { after_seq: 0 }],
  ['message.v2.ack', { up_to_seq: 0 }],
  ['message.v2.bootstrap', { peer_aid: peer }],
];

/** Takes a good signature; refuses a late one, one by another agent and one of another method. */
const refusesFaults = async (
  client: TestClient,
  own: KnownAid,
  other: KnownAid,
  method: string,
  params: Json,
): Promise<void> => {
  await client.call(method, signed(own, method, params));
  const late = signed(own, method, params, { now: Date.now() - 400_000 });
  expect(await client.refused(method, late)).toMatchObject({
    code: RpcCode.clientSignatureInvalid,
    message: expect.stringMatching(/^client signature verification failed: (?!.*verification failed)/),
  });
  expect((await client.refused(method, signed(other, method, params))).code).toBe(-32051);
  expect(await client.refused(method, signed(own, 'group.kick', params))).toMatchObject({
    code: -32051,
    message: expect.stringMatching(/^client signature verification failed: (?!.*verification failed)/),
  });
};

describe('a client signature is judged wherever it is present (01 §15.4)', () => {
  it('on a signed method, and on one that clients do not sign', async () => {
    const { n, nora, otto } = await open();
    const params = { to: otto.aid, payload: { type: 'text', text: 'hi' } };
    await n.call('message.send', params);
    await refusesFaults(n, nora, otto, 'message.send', params);
    expect((await n.refused('meta.ping', { client_signature: {} })).code).toBe(-32051);
    await n.call('meta.ping', signed(nora, 'meta.ping', {}));
  });

  it('of pulls, acknowledgements and bootstraps but for the ECDSA: the connection has proved the caller (04 §1.2)', async () => {
    const { n, nora, otto } = await open();
    for (const [method, params] of connected(otto.aid)) {
      expect(SIGNED_METHODS.has(method)).toBe(true);
      await n.call(method, params);
      await n.call(method, signed(nora, method, params));
      await n.call(method, signed(nora, 'group.kick', params));
      const late = signed(nora, method, params, { now: Date.now() - 400_000 });
      expect((await n.refused(method, late)).code).toBe(-32051);
      expect((await n.refused(method, signed(otto, method, params))).code).toBe(-32051);
      expect((await n.refused(method, { ...params, client_signature: 'x' })).code).toBe(-32051);
    }
  });

  it('of those too everything when the policy is strict', async () => {
    const { n, nora, otto } = await open({ verifyClientSignature: 'strict' });
    for (const [method, params] of connected(otto.aid)) await refusesFaults(n, nora, otto, method, params);
  });

  it('after the method and its params: those keep their own codes', async () => {
    const { n } = await open();
    expect((await n.refused('no.such.method', { client_signature: 'x' })).code).toBe(RpcCode.methodNotFound);
    expect((await n.refused('message.send', { client_signature: 'x' })).code).toBe(RpcCode.invalidParams);
    const early = await TestClient.open(edge.url);
    expect((await early.refused('message.send', { client_signature: 'x' })).code).toBe(-32001);
    early.cut();
  });

  it('strict also compares the params, as they are on the wire', async () => {
    const { n, nora, otto } = await open({ verifyClientSignature: 'strict' });
    const params = { to: otto.aid, payload: { n: 1 } };
    await n.call('message.send', signed(nora, 'message.send', params));
    const other = signed(nora, 'message.send', params, { hashed: { ...params, payload: { n: 2 } } });
    expect((await n.refused('message.send', other)).code).toBe(-32051);
  });

  it('off looks at nothing', async () => {
    const { n, otto } = await open({ verifyClientSignature: 'off' });
    await n.call('message.send', { to: otto.aid, payload: 'x', client_signature: 'nonsense' });
  });

  it('the window is a setting', async () => {
    const { n, nora, otto } = await open({ signatureWindowSeconds: 10 });
    const params = { to: otto.aid, payload: 'x' };
    const old = signed(nora, 'message.send', params, { now: Date.now() - 15_000 });
    expect((await n.refused('message.send', old)).code).toBe(-32051);
  });
});

describe('a repeat of a signed mutating call (01 §15.4, 02 §16)', () => {
  it('gets the first outcome, on another connection of the AID too, and happens once', async () => {
    const { n, nora, o, otto } = await open();
    const params = signed(nora, 'message.send', { to: otto.aid, payload: { text: 'once' } });
    const [first, twin] = await Promise.all([n.call('message.send', params), n.call('message.send', params)]);
    expect(twin).toEqual(first);
    const again = await edge.connect(nora.aid, { device: 'd-2' });
    expect(await again.call('message.send', params)).toEqual(first);
    const fresh = await n.call(
      'message.send',
      signed(nora, 'message.send', { to: otto.aid, payload: { text: 'two' } }),
    );
    expect(fresh.message_id).not.toBe(first.message_id);
    await o.settle();
    expect((await o.call('message.v2.pull', { after_seq: 0 })).messages).toHaveLength(2);
  });

  it('reads answer anew, unsigned calls are calls of their own', async () => {
    const { n, nora, o, otto } = await open();
    const pull = signed(otto, 'message.v2.pull', { after_seq: 0 });
    expect((await o.call('message.v2.pull', pull)).messages).toHaveLength(0);
    const params = { to: otto.aid, payload: { text: 'x' } };
    await n.call('message.send', params);
    await n.call('message.send', params);
    expect((await o.call('message.v2.pull', pull)).messages).toHaveLength(2);
    expect(nora.aid).not.toBe(otto.aid);
  });
});

describe('what is remembered of signed calls', () => {
  it('is bounded, expires with the signature, and holds no retryable failure', async () => {
    const outcomes = new FirstOutcomes(1_000);
    let runs = 0;
    const work = () => {
      runs += 1;
      return { run: runs };
    };
    expect(await outcomes.run('a', 0, work)).toEqual({ run: 1 });
    expect(await outcomes.run('a', 999, work)).toEqual({ run: 1 });
    expect(await outcomes.run('a', 1_000, work)).toEqual({ run: 2 });
    const failing = (code: number) => () => {
      runs += 1;
      throw new RpcFailure(code, 'no');
    };
    await expect(outcomes.run('b', 0, failing(-32602))).rejects.toMatchObject({ code: -32602 });
    await expect(outcomes.run('b', 1, work)).rejects.toMatchObject({ code: -32602 });
    for (const code of [5000, 5003, -32029]) {
      await expect(outcomes.run('c', 0, failing(code))).rejects.toMatchObject({ code });
    }
    expect(await outcomes.run('c', 1, work)).toHaveProperty('run');
    await outcomes.run('big', 0, () => ({ text: 'x'.repeat(10_000) }));
    const before = outcomes.size;
    for (let n = 0; n < 11_000; n += 1) await outcomes.run(`n${n}`, 0, work);
    expect(before).toBeLessThan(5);
    expect(outcomes.size).toBe(10_000);
  });
});
