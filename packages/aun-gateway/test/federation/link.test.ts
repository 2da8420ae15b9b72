import { type Clock, noopLogger } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../src/federation/circuit-breaker.js';
import { LinkFault } from '../../src/federation/link-fault.js';
import { PeerLink, type PeerLinkDeps } from '../../src/federation/peer-link.js';

/** Time that a test moves; timers fire when their time has come. */
const manualClock = () => {
  let now = 1_000_000;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    setTimeout(run, delayMs) {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      return timer;
    },
    clearTimeout(handle) {
      timers = timers.filter((timer) => timer !== handle);
    },
  };
  const advance = (ms: number): void => {
    now += ms;
    const due = timers.filter((timer) => timer.at <= now);
    timers = timers.filter((timer) => timer.at > now);
    for (const timer of due) timer.run();
  };
  return { clock, advance };
};

/** As much of a socket as a link needs. */
class FakeSocket {
  isOpen = true;
  readonly sent: string[] = [];
  closed: number | undefined;
  onClose: (code: number, reason: string) => void = () => {};
  #onText: (text: string) => void = () => {};

  listen(onText: (text: string) => void): void {
    this.#onText = onText;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(code: number): void {
    this.closed = code;
    this.end(code);
  }

  terminate(): void {
    this.end(1006);
  }

  end(code: number): void {
    this.isOpen = false;
    this.onClose(code, '');
  }

  answer(position: number, body: string): void {
    const { id } = JSON.parse(this.sent[position] ?? '{}');
    this.#onText(`{"jsonrpc":"2.0","id":"${id}",${body}}`);
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const openLink = (connect?: PeerLinkDeps['connect']) => {
  const { advance, clock } = manualClock();
  const socket = new FakeSocket();
  const breaker = new CircuitBreaker();
  const link = new PeerLink({
    clock,
    log: noopLogger,
    breaker,
    idleCloseMs: 300_000,
    connect:
      connect ??
      (async () => ({
        socket: socket as unknown as Awaited<ReturnType<PeerLinkDeps['connect']>>['socket'],
        introduced: { maxBatch: 100, maxFrame: 1_000_000 },
      })),
    onReady: () => {},
  });
  const ask = (n: number, timeoutMs = 8_000) => link.request('federation.relay', `{"n":${n}}`, timeoutMs);
  return { advance, ask, link, socket };
};

const kindOf = (error: unknown): string => (error instanceof LinkFault ? error.kind : String(error));
const kind = (work: Promise<string>): Promise<string> => work.then(() => 'answered', kindOf);

describe('a link to another gateway', () => {
  it('has at most 64 requests on the way; the others wait for their turn', async () => {
    const { ask, socket } = openLink();
    const answers = Array.from({ length: 70 }, (_, n) => ask(n));
    await settled();
    expect(socket.sent).toHaveLength(64);
    socket.answer(0, '"result":{"x":1.0}');
    expect(await answers[0]).toBe('{"x":1.0}');
    expect(socket.sent).toHaveLength(65);
  });

  it('lets 1,000 requests wait and refuses more', async () => {
    const { ask, socket } = openLink(() => new Promise(() => {}));
    const waiting = Array.from({ length: 1_001 }, (_, n) => kind(ask(n)));
    expect(await waiting[1_000]).toBe('overloaded');
    expect(socket.sent).toHaveLength(0);
  });

  it('fails what it has when it breaks, in the order of the requests', async () => {
    const { ask, socket } = openLink();
    const order: string[] = [];
    const all = Array.from({ length: 66 }, (_, n) =>
      ask(n).catch((error: unknown) => order.push(`${n} ${kindOf(error)}`)),
    );
    await settled();
    socket.end(1006);
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 66 }, (_, n) => `${n} broken`));
  });

  it('reports an answer that does not come', async () => {
    const { advance, ask } = openLink();
    const late = kind(ask(1, 5_000));
    await settled();
    advance(5_000);
    expect(await late).toBe('timeout');
  });

  it('takes a JSON-RPC error as a refusal of the relay', async () => {
    const { ask, socket } = openLink();
    const answer = kind(ask(1));
    await settled();
    socket.answer(0, '"error":{"code":-32012,"message":"federation_loop"}');
    expect(await answer).toBe('refused');
  });

  it('fails fast for five seconds after three failed connects, then recovers', async () => {
    let works = false;
    const socket = new FakeSocket();
    let attempts = 0;
    const { advance, ask } = openLink(async () => {
      attempts += 1;
      if (!works) throw new LinkFault('unreachable', 'down');
      return {
        socket: socket as unknown as Awaited<ReturnType<PeerLinkDeps['connect']>>['socket'],
        introduced: { maxBatch: 100, maxFrame: 1_000_000 },
      };
    });
    for (let n = 0; n < 3; n += 1) expect(await kind(ask(n))).toBe('unreachable');
    expect(await kind(ask(3))).toBe('paused');
    expect(attempts).toBe(3);
    advance(4_999);
    expect(await kind(ask(4))).toBe('paused');
    advance(1);
    works = true;
    const answer = kind(ask(5));
    await settled();
    socket.answer(0, '"result":{}');
    expect(await answer).toBe('answered');
    expect(attempts).toBe(4);
  });

  it('is closed with 1000 after five minutes without use', async () => {
    const { advance, ask, socket } = openLink();
    const answer = ask(1);
    await settled();
    socket.answer(0, '"result":{}');
    await answer;
    for (let minute = 1; minute <= 4; minute += 1) advance(60_000);
    expect(socket.closed).toBeUndefined();
    advance(60_000);
    expect(socket.closed).toBe(1000);
  });
});
