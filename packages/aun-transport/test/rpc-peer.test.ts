import { SerializationError, TimeoutError, ValidationError } from 'aun-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowControl, type PeerClose, RpcPeer, type RpcPeerOptions } from '../src/index.js';
import { caught } from './helpers/caught.js';
import { FakeClock, settle } from './helpers/fake-clock.js';
import { ScriptedSocket } from './helpers/scripted-socket.js';

const challenge = { jsonrpc: '2.0', method: 'challenge', params: { nonce: 'q8Zk0m3T8c0b2c9pQmJb7w' } };

async function connected(options: RpcPeerOptions = {}) {
  const clock = new FakeClock();
  const socket = new ScriptedSocket();
  const peer = new RpcPeer(socket, { clock, ...options });
  const errors: string[] = [];
  peer.on('error', (error) => errors.push(error.message));
  await settle();
  return { clock, socket, peer, errors };
}

describe('the challenge', () => {
  it('is the first frame, even one that arrived before the peer was made', async () => {
    const socket = new ScriptedSocket();
    socket.receive(challenge);
    const peer = new RpcPeer(socket);
    expect(await peer.challenge()).toEqual(challenge.params);
    expect(await peer.challenge()).toEqual(challenge.params);
  });

  it('is null when the first frame is something else, which is then handled as usual', async () => {
    const { socket, peer } = await connected();
    const events: string[] = [];
    peer.on('event', ({ name }) => events.push(name));
    socket.receive({ jsonrpc: '2.0', method: 'event/app.early', params: {} });
    expect(await peer.challenge()).toBeNull();
    expect(events).toEqual(['app.early']);
  });

  it('is published when it comes later', async () => {
    const { socket, peer } = await connected();
    const later: unknown[] = [];
    peer.on('challenge', (params) => later.push(params.nonce));
    socket.receive(challenge);
    expect(later).toEqual([]);
    socket.receive({ ...challenge, params: { nonce: 'second' } });
    expect(later).toEqual(['second']);
  });

  it('is not waited for on a closed socket, nor for ever, nor beyond an abort', async () => {
    const { socket, peer, clock } = await connected();
    const timedOut = caught(peer.challenge({ timeoutMs: 5_000 }));
    const controller = new AbortController();
    const aborted = caught(peer.challenge({ signal: controller.signal }));
    controller.abort(new Error('stop'));
    expect((await aborted).message).toBe('stop');
    await clock.advance(5_000);
    expect(await timedOut).toBeInstanceOf(TimeoutError);
    const closed = caught(peer.challenge());
    socket.drop({ code: 1006, reason: '' });
    expect((await closed).message).toBe('websocket closed: code=1006');
    expect((await caught(peer.challenge())).message).toBe('websocket closed: code=1006');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a call', () => {
  it('is a request with an id of "rpc-" and 16 hex digits and params that are an object', async () => {
    const { socket, peer } = await connected();
    void peer.call('message.query_online', { aids: ['bobby.example.test'] });
    void peer.call('meta.ping');
    expect(socket.frames).toEqual([
      {
        jsonrpc: '2.0',
        id: expect.stringMatching(/^rpc-[0-9a-f]{16}$/),
        method: 'message.query_online',
        params: { aids: ['bobby.example.test'] },
      },
      { jsonrpc: '2.0', id: expect.stringMatching(/^rpc-[0-9a-f]{16}$/), method: 'meta.ping', params: {} },
    ]);
  });

  it('is answered by id, in whatever order, with whatever JSON', async () => {
    const { socket, peer } = await connected();
    const calls = [peer.call('a.one'), peer.call('a.two'), peer.call('a.three')];
    socket.answer(2, { result: null });
    socket.answer(0, { result: { pong: true } });
    socket.answer(1, { result: [1, 'two'] });
    expect(await Promise.all(calls)).toEqual([{ pong: true }, [1, 'two'], null]);
    expect(peer.pendingCalls).toBe(0);
  });

  it('draws another id when one is in use', async () => {
    const bytes = [1, 1, 2];
    const { socket, peer } = await connected({
      randomBytes: (length) => new Uint8Array(length).fill(bytes.shift() ?? 9),
    });
    void peer.call('a.one');
    void peer.call('a.two');
    expect(socket.frames.map(({ id }) => id)).toEqual(['rpc-0101010101010101', 'rpc-0202020202020202']);
  });

  it('rejects with the class of the remote code', async () => {
    const { socket, peer } = await connected();
    const refused = caught(peer.call('message.send'));
    socket.answer(0, {
      error: { code: -32602, message: 'to must be an AID', data: { field: 'to', trace_id: 't' } },
    });
    expect(await refused).toMatchObject({
      name: 'ValidationError',
      code: -32602,
      traceId: 't',
      retryable: false,
    });
    const limited = caught(peer.call('message.send'));
    socket.answer(1, { error: { code: -32029, message: 'rate_limited' } });
    expect(await limited).toMatchObject({ name: 'RateLimitError', retryable: true });
  });

  it.each([
    ['both result and error', { result: {}, error: { code: 1, message: 'x' } }],
    ['an error beside a result that is only null', { result: {}, error: null }],
    ['neither', {}],
    ['an error that is no object', { error: 'broken' }],
    ['an error that is null', { error: null }],
  ])('rejects an answer with %s', async (_what, body) => {
    const { socket, peer } = await connected();
    const call = caught(peer.call('meta.ping'));
    socket.answer(0, body);
    expect(await call).toBeInstanceOf(SerializationError);
    expect(peer.isOpen).toBe(true);
  });

  it('drops answers nobody waits for: unknown, numeric, null, repeated and late ones', async () => {
    const { socket, peer, clock, errors } = await connected();
    const call = peer.call('meta.ping');
    socket.receive({ jsonrpc: '2.0', id: 'rpc-0000000000000000', result: 'wrong' });
    socket.receive({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'parse error' } });
    socket.receive({ jsonrpc: '2.0', id: 7, method: 'event/app.x', result: 'wrong' });
    socket.answer(0, { result: 'right' });
    socket.answer(0, { result: 'again' });
    expect(await call).toBe('right');
    const slow = caught(peer.call('meta.slow', {}, { timeoutMs: 1_000 }));
    await clock.advance(1_000);
    expect((await slow).message).toBe('rpc timeout: meta.slow');
    socket.answer(1, { result: 'late' });
    expect(errors).toEqual([]);
    expect(peer.pendingCalls).toBe(0);
  });

  it('times out after 35 s unless told otherwise', async () => {
    const { peer, clock } = await connected();
    const call = caught(peer.call('meta.ping'));
    await clock.advance(34_999);
    expect(peer.pendingCalls).toBe(1);
    await clock.advance(1);
    expect(await call).toMatchObject({ name: 'TimeoutError', retryable: true });
  });

  it('is refused locally when params are no object, too large, or not JSON', async () => {
    const { socket, peer } = await connected();
    const list = [1] as unknown as Record<string, never>;
    expect(await caught(peer.call('a.list', list))).toBeInstanceOf(ValidationError);
    expect(await caught(peer.call('a.list', list, { trace: 'log' }))).toBeInstanceOf(ValidationError);
    const large = await caught(peer.call('a.large', { text: 'x'.repeat(1_000_000) }));
    expect(large).toBeInstanceOf(ValidationError);
    expect(large.message).toMatch(/payload is too large/);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(await caught(peer.call('a.loop', circular as never))).toBeInstanceOf(SerializationError);
    expect(socket.sent).toEqual([]);
    expect(peer.pendingCalls).toBe(0);
  });

  it('that cannot be written drops the socket, and rejects with the code of its end, not before', async () => {
    const { socket, peer, clock } = await connected();
    socket.failSends = true;
    let rejected = false;
    const call = caught(peer.call('meta.ping')).finally(() => {
      rejected = true;
    });
    await settle();
    expect(socket.calls).toContain('terminate');
    expect(rejected).toBe(false);
    socket.drop({ code: 4009, reason: 'replaced' });
    expect(await call).toMatchObject({ name: 'ConnectionError', message: 'websocket closed: code=4009' });
    expect(peer.isOpen).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with the reason of its signal, before and after it was written', async () => {
    const { socket, peer, clock } = await connected();
    const controller = new AbortController();
    const call = caught(peer.call('meta.ping', {}, { signal: controller.signal }));
    controller.abort(new Error('enough'));
    expect((await call).message).toBe('enough');
    expect((await caught(peer.call('meta.ping', {}, { signal: controller.signal }))).message).toBe('enough');
    expect(socket.sent.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('flow control of a connection', () => {
  it('has 16 requests on the way, of which 8 in the background, and lets foreground ones pass', async () => {
    const { socket, peer } = await connected();
    for (let index = 0; index < 12; index += 1) void peer.call(`b.${index}`, {}, { background: true });
    expect(socket.sent.length).toBe(8);
    for (let index = 0; index < 12; index += 1) void peer.call(`f.${index}`);
    expect(socket.sent.length).toBe(16);
    expect(socket.methods.slice(8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((index) => `f.${index}`));
    for (let index = 0; index < 5; index += 1) socket.answer(index, { result: {} });
    expect(socket.methods.slice(16)).toEqual(['f.8', 'f.9', 'f.10', 'f.11', 'b.8']);
  });

  it('counts the time in the queue and never writes a call that ended there', async () => {
    const { socket, peer, clock } = await connected({ flow: new FlowControl({ maxInFlight: 1 }) });
    const first = peer.call('a.first', {}, { timeoutMs: 10_000 });
    const queued = caught(peer.call('a.queued', {}, { timeoutMs: 3_000 }));
    const controller = new AbortController();
    const aborted = caught(peer.call('a.aborted', {}, { signal: controller.signal }));
    await clock.advance(3_000);
    expect((await queued).message).toBe('rpc timeout before send: a.queued');
    controller.abort(new Error('never mind'));
    expect((await aborted).message).toBe('never mind');
    socket.answer(0, { result: 1 });
    expect(await first).toBe(1);
    expect(socket.methods).toEqual(['a.first']);
  });
});

describe('the end of a connection', () => {
  it('rejects calls on the way, queued ones and later ones with the close code', async () => {
    const { socket, peer, clock } = await connected({ flow: new FlowControl({ maxInFlight: 1 }) });
    const calls = [caught(peer.call('a.sent')), caught(peer.call('a.queued'))];
    const closes: PeerClose[] = [];
    peer.on('close', (close) => closes.push(close));
    socket.drop({ code: 4009, reason: 'Connection replaced' });
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({
        name: 'ConnectionError',
        message: 'websocket closed: code=4009',
        retryable: true,
      });
    }
    expect((await caught(peer.call('a.late'))).message).toBe('websocket closed: code=4009');
    expect((await caught(peer.notify('notification/app.x'))).message).toBe('websocket closed: code=4009');
    expect(socket.methods).toEqual(['a.sent']);
    expect(closes).toEqual([{ code: 4009, reason: 'Connection replaced', local: false }]);
    expect(await peer.closed).toEqual(closes[0]);
    expect(peer.isOpen).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects at once when this side closes, although the socket takes its time', async () => {
    const { socket, peer } = await connected();
    const call = caught(peer.call('a.sent'));
    const events: string[] = [];
    peer.on('event', ({ name }) => events.push(name));
    peer.close();
    peer.close();
    expect((await call).message).toBe('websocket closed: code=1005');
    expect(socket.calls).toEqual(['close', 'close']);
    socket.receive({ jsonrpc: '2.0', method: 'event/app.x', params: {} });
    expect(events).toEqual([]);
    socket.drop({ code: 1005, reason: '' });
    expect(await peer.closed).toMatchObject({ local: true, code: 1005 });
  });

  it('drops a half-open connection when told to', async () => {
    const { socket, peer } = await connected();
    const call = caught(peer.call('a.sent'));
    peer.terminate();
    expect((await call).message).toBe('websocket closed: code=1006');
    expect(socket.calls).toEqual(['terminate']);
  });
});

describe('what the server says unasked', () => {
  it('is sorted into events and notifications, with _trace taken out of the params', async () => {
    const traces: unknown[] = [];
    const metas: unknown[] = [];
    const { socket, peer } = await connected({
      observer: {
        trace: (record) => traces.push(record),
        meta: (meta, source) => metas.push([meta, source]),
      },
    });
    const seen: unknown[] = [];
    peer.on('event', (event) => seen.push(event));
    peer.on('notification', (frame) => seen.push(frame));
    const trace = { trace_id: '0'.repeat(32), mode: 'log' };
    const meta = { agent_md_etag: '"a"' };
    socket.receive({ method: 'event/message.received', params: { seq: 1, _trace: trace }, _meta: meta });
    socket.receive({ method: 'event/app.typing' });
    const odd = { jsonrpc: '2.0', method: 'notification/other', params: { x: 1 }, _meta: meta };
    socket.receive(odd);
    expect(seen).toEqual([
      { name: 'message.received', params: { seq: 1 }, meta },
      { name: 'app.typing', params: {} },
      odd,
    ]);
    expect(traces).toEqual([{ type: 'event', event: 'message.received', trace }]);
    expect(metas).toEqual([
      [meta, { kind: 'event', method: 'message.received' }],
      [meta, { kind: 'notification', method: 'notification/other' }],
    ]);
  });

  it('is reported and survived when it is garbage', async () => {
    const { socket, peer, errors } = await connected();
    const call = peer.call('meta.ping');
    for (const frame of [
      '',
      'nonsense',
      '[]',
      '[{"method":"event/a"}]',
      'null',
      '42',
      '{}',
      '{"method":5}',
    ]) {
      socket.receive(frame);
    }
    socket.receive({ method: 'event/x', params: [] });
    expect(errors.length).toBe(9);
    expect(errors.every((message) => message.startsWith('invalid json payload'))).toBe(true);
    socket.answer(0, { result: {} });
    expect(await call).toEqual({});
  });

  it('leaves the connection working, whatever it is', async () => {
    const id = fc.oneof(fc.constant('rpc-0101010101010101'), fc.string(), fc.integer(), fc.constant(null));
    const member = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('challenge', 'event/x', 'event/', 'notification/x'),
    );
    const frame = fc.record(
      { id, method: member, params: member, result: member, error: member, _meta: member, _trace: member },
      { requiredKeys: [] },
    );
    const runs = fc.asyncProperty(
      fc.array(
        fc.oneof(
          frame.map((value) => JSON.stringify(value)),
          fc.string(),
        ),
      ),
      async (texts) => {
        const { socket, peer } = await connected();
        for (const text of texts) socket.receive(text);
        const call = peer.call('meta.ping');
        for (const text of texts) socket.receive(text);
        socket.answer(0, { result: { pong: true } });
        expect(await call).toEqual({ pong: true });
      },
    );
    await fc.assert(runs, { numRuns: process.env.AUN_SOAK === '1' ? 10_000 : 200 });
  });

  it('reaches every handler although one throws, until it is taken off', async () => {
    const { socket, peer } = await connected();
    const seen: string[] = [];
    peer.on('event', () => {
      throw new Error('handler');
    });
    const off = peer.on('event', ({ name }) => {
      seen.push(name);
      off();
    });
    socket.receive({ method: 'event/app.a', params: {} });
    socket.receive({ method: 'event/app.b', params: {} });
    off();
    expect(seen).toEqual(['app.a']);
  });
});

describe('_meta and _trace of answers', () => {
  it('shows _meta of successful answers only, and an observer that throws harms no call', async () => {
    const seen: unknown[] = [];
    const { socket, peer } = await connected({
      observer: {
        meta: (meta, source) => {
          seen.push([meta, source]);
          throw new Error('observer');
        },
      },
    });
    const good = peer.call('a.good');
    const bad = caught(peer.call('a.bad'));
    socket.answer(0, { result: 1, _meta: { agent_md_etag: '"e"' } });
    socket.answer(1, { error: { code: -32603, message: 'no' }, _meta: { agent_md_etag: '"e"' } });
    expect(await good).toBe(1);
    expect(await bad).toMatchObject({ name: 'RpcError' });
    expect(seen).toEqual([[{ agent_md_etag: '"e"' }, { kind: 'response', method: 'a.good' }]]);
  });

  it('sends params._trace when asked and hands the answered spans on with one of its own', async () => {
    const records: unknown[] = [];
    const { socket, peer, clock } = await connected({
      observer: { trace: (record) => records.push(record) },
    });
    const begun = clock.now();
    const call = peer.call('meta.ping', { x: 1 }, { trace: 'diag' });
    const [frame] = socket.frames;
    const params = frame?.params as { x: number; _trace: { trace_id: string } };
    expect(params).toEqual({
      x: 1,
      _trace: {
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        mode: 'diag',
        spans: [{ node: 'sdk', ts: begun, action: 'send' }],
      },
    });
    await clock.advance(12);
    const spans = [
      { node: 'gateway', ts: begun + 5, action: 'relay_in', method: 'meta.ping', token: 'secret' },
    ];
    socket.answer(0, { result: {}, _trace: { trace_id: params._trace.trace_id, mode: 'diag', spans } });
    await call;
    expect(records).toEqual([
      {
        type: 'rpc',
        method: 'meta.ping',
        status: 'ok',
        duration_ms: 12,
        trace: {
          trace_id: params._trace.trace_id,
          mode: 'diag',
          spans: [
            { node: 'gateway', ts: begun + 5, action: 'relay_in', method: 'meta.ping' },
            { node: 'sdk', ts: begun + 12, action: 'recv', ms: 12 },
          ],
        },
      },
    ]);
  });
});

describe('a notification of the client', () => {
  it('has no id and fulfils when it is written', async () => {
    const { socket, peer } = await connected();
    await peer.notify('notification/route', { target: { type: 'aid', aid: 'bobby.example.test' } });
    expect(socket.frames).toEqual([
      {
        jsonrpc: '2.0',
        method: 'notification/route',
        params: { target: { type: 'aid', aid: 'bobby.example.test' } },
      },
    ]);
  });

  it('is refused locally under other names and over 65,536 bytes', async () => {
    const { socket, peer } = await connected();
    for (const method of ['meta.ping', 'notification/', 'events/x', '']) {
      expect(await caught(peer.notify(method))).toBeInstanceOf(ValidationError);
    }
    expect(await caught(peer.notify('event/app.x', { text: 'x'.repeat(65_536) }))).toBeInstanceOf(
      ValidationError,
    );
    await peer.notify('event/app.x', { text: 'x'.repeat(65_536 - '{"text":""}'.length) });
    expect(socket.sent.length).toBe(1);
  });
});
