import { encodeChallenge, encodeError, encodeEvent, encodeResult } from 'aun-transport';
import { beforeAll, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { describeInChromium } from '../src/harness/describe-in-chromium.js';
import type { Tab } from '../src/harness/tab.js';
import type * as transport from '../src/pages/transport.js';
import { startPeer } from './network.js';

interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: { readonly asked?: string };
}

/** A gateway of a few methods. */
function serve(socket: WebSocket): void {
  socket.send(encodeChallenge({ nonce: 'n-1' }));
  socket.on('message', (data) => {
    const { id, method, params } = JSON.parse(data.toString()) as Request;
    if (method === 'test.echo') socket.send(encodeResult(id, { you_said: params.asked ?? null }));
    if (method === 'test.event') {
      socket.send(encodeEvent('message.received', { seq: 1, text: 'größe 👋' }));
      socket.send(encodeResult(id, null));
    }
    if (method === 'test.refuse') socket.send(encodeError(id, { code: -32003, message: 'not yours' }));
    if (method === 'test.binary')
      socket.send(Buffer.from(encodeResult(id, 'from a binary frame')), { binary: true });
    if (method === 'test.kick') socket.close(4009, 'replaced');
    if (method === 'test.drop') socket.terminate();
  });
}

describeInChromium('aun-transport over the native WebSocket', (stagehand) => {
  let page: Tab<typeof transport>;

  beforeAll(async () => {
    page = await stagehand.open('transport');
  });

  it('takes the challenge, matches answers to calls and passes events on', async () => {
    await using peer = await startPeer({ onSocket: serve });
    const methods = ['test.echo', 'test.event', 'test.refuse', 'test.binary'];
    expect(await page.call('converse', `ws://127.0.0.1:${peer.port}/aun`, methods)).toEqual({
      challenge: { nonce: 'n-1' },
      answers: [
        { value: { you_said: 'test.echo' } },
        { value: null },
        { failure: { name: 'AuthError', message: 'not yours', retryable: false } },
        { value: 'from a binary frame' },
      ],
      events: [{ name: 'message.received', params: { seq: 1, text: 'größe 👋' } }],
      close: { code: 1005, reason: '', local: true },
    });
  });

  it.each([
    ['test.kick', 4009, 'replaced'],
    ['test.drop', 1006, ''],
  ])('gives the code with which the server ended it: %s', async (method, code, reason) => {
    await using peer = await startPeer({ onSocket: serve });
    const { answers, close } = await page.call(
      'converse',
      `ws://127.0.0.1:${peer.port}/aun`,
      [method],
      'server',
    );
    expect(close).toEqual({ code, reason, local: false });
    expect(answers).toEqual([
      { failure: { name: 'ConnectionError', message: `websocket closed: code=${code}`, retryable: true } },
    ]);
  });

  it('rejects calls at once when it drops the connection itself', async () => {
    await using peer = await startPeer({ onSocket: serve });
    const { call, close } = await page.call('terminated', `ws://127.0.0.1:${peer.port}/aun`);
    expect(call).toMatchObject({ failure: { name: 'ConnectionError' } });
    expect(close).toMatchObject({ code: 1006, local: true });
  });

  it('says in time that a socket cannot be opened', async () => {
    const gone = await startPeer({});
    await gone[Symbol.asyncDispose]();
    expect(await page.call('tryOpen', `ws://127.0.0.1:${gone.port}/aun`)).toMatchObject({
      failure: { name: 'ConnectionError', retryable: true },
    });
    expect(await page.call('tryOpen', 'http://127.0.0.1/aun')).toMatchObject({
      failure: { name: 'ValidationError' },
    });
  });

  it('asks before the login on a socket of its own', async () => {
    const closes: number[] = [];
    await using peer = await startPeer({
      onSocket: (socket) => {
        socket.send(encodeChallenge({ nonce: 'n-1' }));
        socket.on('message', () => socket.send(encodeResult('pre-auth.aid_login1', { nonce: 'n-2' })));
        socket.on('close', (code) => closes.push(code));
      },
    });
    const url = `ws://127.0.0.1:${peer.port}/aun`;
    expect(await page.call('login', url)).toEqual({ value: { nonce: 'n-2' } });
    await expect.poll(() => closes).toEqual([1005]);
  });

  it('is woken when the network comes back', async () => {
    expect(await page.call('wokenBy', 'online')).toBe('online');
  });
});
