import { isJsonObject } from 'aun-core';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import {
  decodeClientFrame,
  encodeChallenge,
  encodeError,
  encodeEvent,
  encodeResult,
  preAuthCall,
  RpcPeer,
} from '../src/index.js';
import { caught } from './helpers/caught.js';
import { FakeClock } from './helpers/fake-clock.js';
import { openers } from './helpers/openers.js';
import { startServer, testCaPem } from './helpers/ws-server.js';

/** A gateway of three methods that challenges in the segment of the upgrade. */
function serve(ws: WebSocket): void {
  ws.send(encodeChallenge({ nonce: 'n-1' }));
  ws.on('message', (data) => {
    const frame = decodeClientFrame(data.toString());
    if (frame.kind === 'invalid') ws.send(encodeError(frame.id, frame.error));
    if (frame.kind === 'notification') ws.send(encodeEvent('app.echo', frame.params));
    if (frame.kind !== 'request') return;
    if (frame.method === 'meta.drop') ws.terminate();
    else if (frame.method === 'meta.echo') ws.send(encodeResult(frame.id, frame.params));
    else ws.send(encodeError(frame.id, { code: -32601, message: `Method not found: ${frame.method}` }));
  });
}

describe.each(openers)('an RpcPeer over a socket of the %s kind', (_name, open) => {
  it('gets the challenge, calls, is refused, gets events, and closes', async () => {
    await using server = await startServer({ onSocket: serve });
    const peer = new RpcPeer(await open(`ws://127.0.0.1:${server.port}/aun`));
    const event = new Promise((resolve) => peer.on('event', resolve));
    expect(await peer.challenge()).toEqual({ nonce: 'n-1' });
    const texts = ['plain', 'äöü', '🎉'.repeat(1_000)];
    const answers = await Promise.all(texts.map((text) => peer.call('meta.echo', { text })));
    expect(answers).toEqual(texts.map((text) => ({ text })));
    expect((await caught(peer.call('meta.none'))).message).toBe('Method not found: meta.none');
    await peer.notify('event/app.x', { n: 1 });
    expect(await event).toEqual({ name: 'app.echo', params: { n: 1 } });
    peer.close();
    expect(await peer.closed).toMatchObject({ local: true });
  });

  it('carries 200 calls at once over 16 places', async () => {
    let most = 0;
    await using server = await startServer({
      onSocket: (ws) => {
        const waiting: (() => void)[] = [];
        ws.on('message', (data) => {
          const frame = decodeClientFrame(data.toString());
          if (frame.kind !== 'request') return;
          most = Math.max(
            most,
            waiting.push(() => ws.send(encodeResult(frame.id, frame.params))),
          );
          setImmediate(() => waiting.pop()?.());
        });
      },
    });
    const peer = new RpcPeer(await open(`ws://127.0.0.1:${server.port}/aun`));
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    const answers = await Promise.all(numbers.map((n) => peer.call('meta.echo', { n })));
    expect(answers.map((answer) => isJsonObject(answer) && answer.n)).toEqual(numbers);
    expect(most).toBeLessThanOrEqual(16);
    peer.close();
  });

  it('rejects what is on the way when the server vanishes', async () => {
    await using server = await startServer({ onSocket: serve });
    const peer = new RpcPeer(await open(`ws://127.0.0.1:${server.port}/aun`));
    const lost = await Promise.all([caught(peer.call('meta.drop')), caught(peer.call('meta.never'))]);
    expect(lost.map((error) => error.message)).toContain('websocket closed: code=1006');
    expect(await peer.closed).toMatchObject({ code: 1006, local: false });
  });
});

describe.each(openers)('a hostile server over a socket of the %s kind', (_name, open) => {
  it.each([
    ['half a frame and a closed connection', [0x81, 0x7e, 0x10, 0x00, 0x7b]],
    ['a masked frame', [0x81, 0x82, 1, 2, 3, 4, 0x7a, 0x7f]],
    ['a reserved opcode', [0x83, 0x00]],
    ['compression nobody agreed on', [0xc1, 0x02, 0x7b, 0x7d]],
    ['text that is no UTF-8', [0x81, 0x02, 0xff, 0xfe]],
    ['a frame of 2^62 bytes', [0x81, 0x7f, 0x40, 0, 0, 0, 0, 0, 0, 0]],
    ['a ping of 200 bytes', [0x89, 0x7e, 0x00, 0xc8]],
    ['no frame at all', [...Buffer.from('HTTP/1.1 200 OK\r\n\r\n')]],
  ])('that sends %s ends the connection and nothing else', async (_what, bytes) => {
    await using server = await startServer({
      onSocket: (ws, connection) => {
        ws.on('error', () => {});
        ws.send(encodeChallenge({ nonce: 'n-1' }));
        ws.on('message', () => connection.end(Buffer.from(bytes)));
      },
    });
    const peer = new RpcPeer(await open(`ws://127.0.0.1:${server.port}/aun`));
    await peer.challenge();
    expect((await caught(peer.call('meta.ping'))).message).toMatch(
      /^websocket closed: code=100[267]|code=1009/,
    );
    expect(await peer.closed).toMatchObject({ local: false });
  });

  it('that stops reading keeps nobody from giving up', async () => {
    await using server = await startServer({
      onSocket: (ws, connection) => {
        ws.send(encodeChallenge({ nonce: 'n-1' }));
        connection.pause();
      },
    });
    const peer = new RpcPeer(await open(`ws://127.0.0.1:${server.port}/aun`));
    await peer.challenge();
    const stuck = caught(peer.call('message.send', { text: 'x'.repeat(900_000) }));
    peer.terminate();
    expect((await stuck).message).toBe('websocket closed: code=1006');
    expect(await peer.closed).toMatchObject({ local: true });
  });
});

describe.each(openers)('a pre-auth call over a socket of the %s kind', (_name, open) => {
  const answering = (answer: (request: Record<string, unknown>) => string) => ({
    onSocket: (ws: WebSocket) => {
      ws.send(encodeChallenge({ nonce: 'n-1' }));
      ws.on('message', (data) => ws.send(answer(JSON.parse(data.toString()) as Record<string, unknown>)));
    },
  });
  const call = (port: number, options = {}) =>
    preAuthCall(
      `ws://127.0.0.1:${port}/aun`,
      'auth.aid_login1',
      { aid: 'alice.example.test' },
      { openSocket: open, ...options },
    );

  it('discards the challenge, asks with the id "pre-<method>" and closes its socket', async () => {
    const requests: unknown[] = [];
    await using server = await startServer(
      answering((request) => {
        requests.push(request);
        return encodeResult('pre-auth.aid_login1', { nonce: 'x' });
      }),
    );
    expect(await call(server.port)).toEqual({ nonce: 'x' });
    expect(requests).toEqual([
      {
        jsonrpc: '2.0',
        id: 'pre-auth.aid_login1',
        method: 'auth.aid_login1',
        params: { aid: 'alice.example.test' },
      },
    ]);
    await expect.poll(() => server.clients.size).toBe(0);
  });

  it('takes the next frame for the answer without looking at its id', async () => {
    await using server = await startServer(answering(() => '{"jsonrpc":"2.0","id":null,"result":{"ok":1}}'));
    expect(await call(server.port)).toEqual({ ok: 1 });
  });

  it('turns success:false into an AuthError with the whole result', async () => {
    const result = { success: false, error: 'invalid_or_expired_refresh_token', relogin_required: true };
    await using server = await startServer(answering(() => encodeResult('x', result)));
    expect(await caught(call(server.port))).toMatchObject({
      name: 'AuthError',
      message: 'invalid_or_expired_refresh_token',
      data: result,
    });
  });

  it.each([
    ['ValidationError', '{"jsonrpc":"2.0","id":"x","result":[1]}'],
    ['ValidationError', '{"jsonrpc":"2.0","id":"x","result":null}'],
    ['SerializationError', '{"jsonrpc":"2.0","id":"x"}'],
    ['SerializationError', 'garbage'],
    ['SerializationError', '[]'],
    [
      'IdentityConflictError',
      '{"jsonrpc":"2.0","id":"x","error":{"code":4090,"message":"AID alice already exists"}}',
    ],
    ['AuthError', '{"jsonrpc":"2.0","id":"x","error":{"code":-32003,"message":"signature_invalid"}}'],
  ])('rejects with %s for %s', async (name, answer) => {
    await using server = await startServer(answering(() => answer));
    expect(await caught(call(server.port))).toMatchObject({ name });
  });

  it('notices at once when the server closes instead of challenging or answering', async () => {
    await using silent = await startServer({ onSocket: (ws) => ws.close(4008, 'auth timeout') });
    expect((await caught(call(silent.port))).message).toBe('websocket closed: code=4008');
    await using rude = await startServer({
      onSocket: (ws) => {
        ws.send(encodeChallenge({ nonce: 'n' }));
        ws.on('message', () => ws.terminate());
      },
    });
    expect(await caught(call(rude.port))).toMatchObject({ name: 'ConnectionError' });
  });

  it('waits 10 s for each frame', async () => {
    const clock = new FakeClock();
    let asked: (() => void) | undefined;
    const request = new Promise<void>((resolve) => (asked = resolve));
    let opened: (() => void) | undefined;
    const connection = new Promise<void>((resolve) => (opened = resolve));
    await using server = await startServer({
      onSocket: (ws) => {
        opened?.();
        ws.on('message', () => asked?.());
        void connection.then(() => clock.advance(0)).then(() => ws.send(encodeChallenge({ nonce: 'n' })));
      },
    });
    const failed = caught(call(server.port, { clock }));
    await request;
    await clock.advance(9_999);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    expect(await failed).toMatchObject({
      name: 'TimeoutError',
      message: expect.stringContaining('did not answer'),
    });
  });
});

describe('pre-auth calls in Node', () => {
  it('verify TLS like every other connection', async () => {
    await using server = await startServer({
      tls: true,
      onSocket: (ws) => {
        ws.send(encodeChallenge({ nonce: 'n' }));
        ws.on('message', () => ws.send(encodeResult('x', { fine: true })));
      },
    });
    const url = `wss://gateway.aun.localhost:${server.port}/aun`;
    expect(await caught(preAuthCall(url, 'auth.create_aid', {}))).toMatchObject({ name: 'ConnectionError' });
    expect(await preAuthCall(url, 'auth.create_aid', {}, { tls: { caPem: testCaPem } })).toEqual({
      fine: true,
    });
    expect(await preAuthCall(url, 'auth.create_aid', {}, { tls: { verify: false } })).toEqual({ fine: true });
  });
});
