import { type JsonObject, type JsonValue, noopLogger, TimeoutError, ValidationError } from 'aun-core';
import { base64Encode, PrivateKey } from 'aun-crypto';
import { MemoryPrekeyStore } from 'aun-e2ee';
import { beforeEach, describe, expect, it } from 'vitest';
import { E2eeCoordinator } from '../../src/e2ee/coordinator.js';
import { type CallOptions, RpcPipeline } from '../../src/rpc/pipeline.js';
import type { RpcCaller } from '../../src/rpc/signed-caller.js';
import { type FakeClock, settle } from '../support/fake-clock.js';
import { OWN, plainPush, ScriptedInbox } from '../support/inbox.js';

const NORA = 'nora.demo.example';

/** A server that is silent on some methods, behind a connection that keeps the signal of a call as a real one does. */
class SilentServer {
  readonly silent = new Set<string>();
  readonly requests: string[] = [];
  refused = '';
  answers: Record<string, JsonValue> = {};
  readonly #open: (() => void)[] = [];

  readonly call: RpcCaller = (method, _params, { signal } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.requests.push(method);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      const answer = (): void => resolve(this.answers[method] ?? {});
      if (method === this.refused) reject(new ValidationError('method not found'));
      else if (this.silent.has(method)) this.#open.push(answer);
      else answer();
    });

  wakeUp(): void {
    this.silent.clear();
    for (const answer of this.#open.splice(0)) answer();
  }
}

describe('timeout and signal of a call (07 §6.10)', () => {
  let clock: FakeClock;
  let server: SilentServer;
  let scripted: ScriptedInbox;
  let pipeline: RpcPipeline;
  let suspicions: Error[];

  beforeEach(() => {
    scripted = new ScriptedInbox();
    ({ clock } = scripted);
    server = new SilentServer();
    suspicions = [];
    scripted.answer = ({ method, params }) => server.call(method, params, scripted.options.at(-1));
    const peer = PrivateKey.generate().publicKey;
    const row = { aid: NORA, device_id: 'd-nora', ik_pk: base64Encode(peer.spki), ik_fp: peer.keyId() };
    const policy = {
      version: 'v2.1',
      protocol: '1DH',
      scope: 'aid',
      per_aid_wrap: true,
      per_device_wrap: false,
    };
    server.answers = {
      'message.v2.pull': { messages: [], has_more: false },
      'message.v2.bootstrap': { peer_devices: [row], e2ee_wrap_policy: policy },
      'message.send': { status: 'sent' },
    };
    const e2ee = new E2eeCoordinator({
      aid: OWN.aid,
      deviceId: OWN.deviceId,
      privateKey: PrivateKey.generate(),
      previousKeys: [],
      keys: new MemoryPrekeyStore() as never,
      peers: { get: async () => ({ publicKey: peer }), offer: async () => undefined } as never,
      call: server.call,
      clock,
      logger: noopLogger,
      onEnvelope: () => undefined,
    });
    pipeline = new RpcPipeline({
      own: OWN,
      call: server.call,
      e2ee,
      inbox: scripted.inbox,
      clock,
      headers: () => null,
      traceMode: () => 'off',
      openedAt: () => clock.now(),
      onSuspicion: (error) => suspicions.push(error),
    });
  });

  const message = { to: NORA, payload: { text: 'x' } };
  const thought = { ...message, context: { type: 'run', id: 'r-1' } };
  const cases: { method: string; params: JsonObject; silent: string }[] = [
    { method: 'message.pull', params: {}, silent: 'message.v2.pull' },
    { method: 'message.ack', params: { seq: 1 }, silent: 'message.v2.ack' },
    { method: 'message.send', params: message, silent: 'message.v2.bootstrap' },
    { method: 'message.send', params: message, silent: 'message.v2.put_peer_pk' },
    { method: 'message.send', params: message, silent: 'message.send' },
    { method: 'message.thought.put', params: thought, silent: 'message.v2.bootstrap' },
    {
      method: 'message.thought.get',
      params: { sender_aid: NORA, context: thought.context },
      silent: 'message.thought.get',
    },
  ];

  const begin = async (method: string, params: JsonObject, options?: CallOptions) => {
    const state = { ended: undefined as unknown };
    pipeline.call(method, params, options).then(
      (answer) => {
        state.ended = answer;
      },
      (error: unknown) => {
        state.ended = error;
      },
    );
    await settle();
    return state;
  };

  const received = () => scripted.push('message.received', plainPush(1));

  it.each(cases)(
    '$method keeps its deadline while $silent is unanswered',
    async ({ method, params, silent }) => {
      await received();
      server.silent.add(silent);
      const state = await begin(method, params, { timeout: 0.5 });
      await clock.advance(499);
      expect(state.ended).toBeUndefined();
      await clock.advance(1);
      expect(state.ended).toBeInstanceOf(TimeoutError);
      expect(state.ended).toMatchObject({ code: -1 });
      expect(suspicions).toEqual([state.ended]);
    },
  );

  it.each(cases)(
    '$method ends with its signal while $silent is unanswered',
    async ({ method, params, silent }) => {
      await received();
      server.silent.add(silent);
      const caller = new AbortController();
      const state = await begin(method, params, { signal: caller.signal });
      expect(state.ended).toBeUndefined();
      const reason = new Error('enough');
      caller.abort(reason);
      await settle();
      expect(state.ended).toBe(reason);
      expect(suspicions).toEqual([]);
    },
  );

  it('a pull that gave up lets the next one in', async () => {
    server.silent.add('message.v2.pull');
    const first = await begin('message.pull', {}, { timeout: 0.5 });
    const waiting = await begin('message.pull', {}, { timeout: 0.2 });
    await clock.advance(200);
    expect(waiting.ended).toBeInstanceOf(TimeoutError);
    await clock.advance(300);
    expect(first.ended).toBeInstanceOf(TimeoutError);
    server.silent.clear();
    const next = await begin('message.pull', {});
    expect(next.ended).toMatchObject({ messages: [], count: 0 });
  });

  it('a send that gave up is never written, and holds up none of the later ones', async () => {
    server.silent.add('message.v2.bootstrap');
    const given = await begin('message.send', message, { timeout: 0.5 });
    const patient = await begin('message.send', message);
    await clock.advance(500);
    expect(given.ended).toBeInstanceOf(TimeoutError);
    expect(patient.ended).toBeUndefined();
    server.wakeUp();
    await settle();
    expect(patient.ended).toMatchObject({ status: 'sent' });
    expect(server.requests.filter((method) => method === 'message.send')).toHaveLength(1);
  });

  it('a send waits for a few seconds at most until the own prekey is published', async () => {
    server.silent.add('message.v2.put_peer_pk');
    const state = await begin('message.send', message);
    await clock.advance(5_000);
    expect(state.ended).toMatchObject({ status: 'sent' });
  });

  it('a pull does not wait for the own prekey at all', async () => {
    server.silent.add('message.v2.put_peer_pk');
    const state = await begin('message.pull', {});
    expect(state.ended).toMatchObject({ count: 0 });
    expect(server.requests).toContain('message.v2.put_peer_pk');
  });

  it('a server that refuses the prekey is not asked with every call', async () => {
    server.refused = 'message.v2.put_peer_pk';
    for (const method of ['message.pull', 'message.pull', 'message.send']) {
      await begin(method, method === 'message.send' ? message : {});
    }
    expect(server.requests.filter((method) => method === server.refused)).toHaveLength(1);
    expect(server.requests.at(-1)).toBe('message.send');
  });
});
