import { ConnectionError, TimeoutError, ValidationError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { type CloseInfo, MemoryDnsFallback, openSocket, type WireSocket } from '../src/index.js';
import { caught } from './helpers/caught.js';
import { FakeClock } from './helpers/fake-clock.js';
import { openers } from './helpers/openers.js';
import { startServer, testCaPem } from './helpers/ws-server.js';

/** Collects what a socket says until it is closed. */
function listen(socket: WireSocket) {
  const messages: string[] = [];
  let arrived = () => {};
  const closed = new Promise<CloseInfo>((resolve) => {
    socket.listen({
      message: (text) => {
        messages.push(text);
        arrived();
      },
      close: resolve,
    });
  });
  const received = async (count: number) => {
    while (messages.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    return messages;
  };
  return { messages, closed, received };
}

describe.each(openers)('a socket of the %s kind', (_name, open) => {
  it('keeps frames of the same segment as the upgrade until somebody listens', async () => {
    await using server = await startServer({
      onSocket: (ws) => {
        ws.send('{"method":"challenge"}');
        ws.send('second');
      },
    });
    const socket = await open(`ws://127.0.0.1:${server.port}/aun`);
    const { received } = listen(socket);
    expect(await received(2)).toEqual(['{"method":"challenge"}', 'second']);
    socket.close();
  });

  it('tells a close that happened before anybody listened', async () => {
    let answered: (() => void) | undefined;
    const closeAnswered = new Promise<void>((resolve) => (answered = resolve));
    await using server = await startServer({
      onSocket: (ws) => {
        ws.on('close', () => answered?.());
        ws.send('last words');
        ws.close(4009, 'Connection replaced');
      },
    });
    const socket = await open(`ws://127.0.0.1:${server.port}/aun`);
    await closeAnswered;
    const { closed, messages } = listen(socket);
    expect(await closed).toMatchObject({ code: 4009, reason: 'Connection replaced' });
    expect(messages).toEqual(['last words']);
  });

  it('sends text and closes without a status code', async () => {
    let closedWith: ((code: number) => void) | undefined;
    const serverSaw = new Promise<number>((resolve) => (closedWith = resolve));
    const echoed: boolean[] = [];
    await using server = await startServer({
      onSocket: (ws) => {
        ws.on('message', (data, isBinary) => {
          echoed.push(isBinary);
          ws.send(data.toString());
        });
        ws.on('close', (code) => closedWith?.(code));
      },
    });
    const socket = await open(`ws://127.0.0.1:${server.port}/aun`);
    const { received, closed } = listen(socket);
    await socket.send('{"text":"héllo 🎉"}');
    expect(await received(1)).toEqual(['{"text":"héllo 🎉"}']);
    expect(echoed).toEqual([false]);
    socket.close();
    expect(await serverSaw).toBe(1005);
    expect((await closed).code).toBe(1005);
    expect(await caught(socket.send('late'))).toBeInstanceOf(ConnectionError);
  });

  it('posts text in order with what is sent, and tells when it cannot', async () => {
    await using server = await startServer({
      onSocket: (ws) => ws.on('message', (data) => ws.send(data.toString())),
    });
    const socket = await open(`ws://127.0.0.1:${server.port}/aun`);
    const { received, closed } = listen(socket);
    const failures: unknown[] = [];
    for (let index = 0; index < 20; index += 1) {
      if (index % 2 === 0) socket.post(String(index), (error) => failures.push(error));
      else void socket.send(String(index));
    }
    expect(await received(20)).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
    expect(failures).toEqual([]);
    socket.close();
    await closed;
    const failure = await new Promise((resolve) => socket.post('late', resolve));
    expect(failure).toBeInstanceOf(ConnectionError);
  });

  it('is forced shut when the server does not answer a close for 3 s', async () => {
    const clock = new FakeClock();
    await using server = await startServer({ onSocket: (ws) => ws.pause() });
    const socket = await open(`ws://127.0.0.1:${server.port}/aun`, { clock });
    const { closed } = listen(socket);
    socket.close();
    await clock.advance(2_999);
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    await clock.advance(0);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    expect((await closed).code).toBe(1006);
    socket.terminate();
  });

  it('closes on a frame over its limit', async () => {
    await using server = await startServer({ onSocket: (ws) => ws.send('x'.repeat(2_000)) });
    const socket = await open(`ws://127.0.0.1:${server.port}/aun`, { maxFrameBytes: 1_000 });
    const { closed, messages } = listen(socket);
    expect([1006, 1009]).toContain((await closed).code);
    expect(messages).toEqual([]);
  });

  it('does not hoard frames nobody listens to', async () => {
    let gone: (() => void) | undefined;
    const connectionGone = new Promise<void>((resolve) => (gone = resolve));
    await using server = await startServer({
      onSocket: (ws) => {
        ws.on('close', () => gone?.());
        for (let index = 0; index < 100; index += 1) ws.send(String(index));
      },
    });
    const socket = await open(`ws://127.0.0.1:${server.port}/aun`);
    await connectionGone;
    const { closed, messages } = listen(socket);
    await closed;
    expect(messages.length).toBe(64);
  });

  it('fails with a TimeoutError when the upgrade is not answered', async () => {
    const clock = new FakeClock();
    await using server = await startServer({ ignoreUpgrade: true });
    const opening = caught(open(`ws://127.0.0.1:${server.port}/aun`, { clock, timeoutMs: 5_000 }));
    await clock.advance(5_000);
    expect(await opening).toBeInstanceOf(TimeoutError);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails with the reason of an aborted signal', async () => {
    const controller = new AbortController();
    await using server = await startServer({ ignoreUpgrade: true });
    const opening = caught(open(`ws://127.0.0.1:${server.port}/aun`, { signal: controller.signal }));
    controller.abort(new Error('changed my mind'));
    expect((await opening).message).toBe('changed my mind');
    const late = caught(open(`ws://127.0.0.1:${server.port}/aun`, { signal: controller.signal }));
    expect((await late).message).toBe('changed my mind');
  });

  it('fails with a ConnectionError when nobody is there or the upgrade is refused', async () => {
    const port = await freePort();
    expect(await caught(open(`ws://127.0.0.1:${port}/aun`))).toBeInstanceOf(ConnectionError);
    await using server = await startServer({ refuseUpgrade: 503 });
    expect(await caught(open(`ws://127.0.0.1:${server.port}/aun`))).toBeInstanceOf(ConnectionError);
  });

  it('refuses what is no websocket URL', async () => {
    for (const url of ['', 'gateway.example.test', 'https://gateway.example.test/aun', 'wss://']) {
      expect(await caught(open(url))).toBeInstanceOf(ValidationError);
    }
  });
});

describe('a socket in Node', () => {
  it('shows the HTTP status of a refused upgrade', async () => {
    await using server = await startServer({ refuseUpgrade: 503 });
    const error = await caught(openSocket(`ws://127.0.0.1:${server.port}/aun`));
    expect(error).toMatchObject({ name: 'ConnectionError', data: { status: 503 } });
  });

  it('reaches names under .localhost without DNS and verifies their certificate against an extra CA', async () => {
    await using server = await startServer({ tls: true, onSocket: (ws) => ws.send('hello') });
    const url = `wss://gateway.aun.localhost:${server.port}/aun`;
    const socket = await openSocket(url, { tls: { caPem: testCaPem } });
    expect(await listen(socket).received(1)).toEqual(['hello']);
    socket.close();
    expect(await caught(openSocket(url))).toBeInstanceOf(ConnectionError);
    const wrongName = `wss://gateway.other.localhost:${server.port}/aun`;
    expect(await caught(openSocket(wrongName, { tls: { caPem: testCaPem } }))).toBeInstanceOf(
      ConnectionError,
    );
    const unverified = await openSocket(wrongName, { tls: { verify: false } });
    unverified.close();
  });

  it('goes where a host was before when its name cannot be resolved', async () => {
    const dnsFallback = new MemoryDnsFallback();
    let dnsWorks = true;
    const lookup = async (hostname: string) => {
      if (!dnsWorks)
        throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' });
      return [{ address: '127.0.0.1', family: 4 as const }];
    };
    await using server = await startServer({ tls: true });
    const options = { tls: { caPem: testCaPem }, lookup, dnsFallback };
    const url = `wss://gateway.remembered.test:${server.port}/aun`;
    (await openSocket(url, options)).close();
    dnsWorks = false;
    (await openSocket(url, options)).close();
    expect(await caught(openSocket(url, { ...options, dnsFallback: new MemoryDnsFallback() }))).toMatchObject(
      {
        name: 'ConnectionError',
        message: expect.stringContaining('ENOTFOUND'),
      },
    );
  });

  it('accepts ws:// with TLS verification off', async () => {
    await using server = await startServer({ onSocket: (ws) => ws.send('plain') });
    const socket = await openSocket(`ws://gateway.aun.localhost:${server.port}/aun`, {
      tls: { verify: false },
    });
    expect(await listen(socket).received(1)).toEqual(['plain']);
    socket.close();
  });
});

async function freePort(): Promise<number> {
  await using server = await startServer();
  return server.port;
}
