import { AuthError, ConnectionError, type JsonObject, ValidationError } from 'aun-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ConnectionSettings, parseConnectOptions } from '../../src/connection/connect-options.js';
import { Lifecycle } from '../../src/connection/lifecycle.js';
import type { Link, LinkEnd } from '../../src/connection/link.js';
import { type StateChange, StateMachine } from '../../src/connection/state-machine.js';
import { FakeClock, settle } from '../support/fake-clock.js';

class FakeLink implements Link {
  readonly gatewayUrl = 'wss://gateway.example.test/aun';
  readonly handshake: JsonObject = {};
  readonly openedAt = 0;
  readonly ended: Promise<LinkEnd>;
  end: LinkEnd | null = null;
  finish: (end: LinkEnd) => void = () => undefined;
  closed = false;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  call = () => Promise.resolve({});
  notify = () => Promise.resolve();
  start = () => undefined;
  close = async () => {
    this.closed = true;
    this.finish({ code: 1005, reason: '' });
  };
  terminate = () => {
    this.end = { code: 1006, reason: '' };
  };
}

type Answer = FakeLink | Error | Promise<Link>;

describe('the life of a connection', () => {
  const clock = new FakeClock();
  let changes: StateChange[];
  let answers: Answer[];
  let healthy: boolean;
  let machine: StateMachine;
  let lifecycle: Lifecycle;
  let wake: () => void;
  let setUp: () => Promise<void>;
  let errors: unknown[];

  const settings = (options: object = {}): ConnectionSettings => parseConnectOptions(options);
  const path = () => changes.map(({ to }) => to);

  beforeEach(() => {
    changes = [];
    answers = [];
    healthy = true;
    wake = () => undefined;
    setUp = async () => undefined;
    errors = [];
    machine = new StateMachine('standby', (change) => changes.push(change));
    lifecycle = new Lifecycle({
      clock: () => clock,
      random: () => 0.5,
      wakeUp: {
        subscribe: (listener) => {
          wake = () => listener('online');
          return () => undefined;
        },
      },
      machine,
      open: async (_settings, signal) => {
        const answer = answers.shift() ?? new ConnectionError('nobody is there');
        if (answer instanceof Error) throw answer;
        return Promise.race([
          Promise.resolve(answer as Link | Promise<Link>),
          new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        ]);
      },
      healthy: async () => healthy,
      onReady: () => setUp(),
      onDown: () => undefined,
      onError: (error) => errors.push(error),
    });
  });

  const connected = async (options: object = {}): Promise<FakeLink> => {
    const link = new FakeLink();
    answers.push(link);
    await lifecycle.connect(settings(options));
    changes = [];
    return link;
  };

  it('goes through connecting to ready', async () => {
    answers.push(new FakeLink());
    await lifecycle.connect(settings());
    expect(path()).toEqual(['connecting', 'ready']);
    expect(changes[1]?.gateway).toBe('wss://gateway.example.test/aun');
  });

  it('stays ready when something cannot be set up on the new connection, and reports that', async () => {
    const cause = new Error('the key store is full');
    setUp = () => Promise.reject(cause);
    await connected();
    expect(machine.state).toBe('ready');
    expect(errors).toEqual([cause]);
  });

  it('ends in connection_failed when no gateway answers, and starts over from there', async () => {
    answers.push(new ConnectionError('refused'));
    await expect(lifecycle.connect(settings())).rejects.toThrow('refused');
    expect(machine.state).toBe('connection_failed');
    expect(lifecycle.failure?.code).toBe('CONNECT_FAILED');
    answers.push(new FakeLink());
    await lifecycle.connect(settings());
    expect(machine.state).toBe('ready');
    expect(lifecycle.failure).toBeNull();
  });

  it('says AUTH_REJECTED when the login was refused', async () => {
    answers.push(new AuthError('no'));
    await expect(lifecycle.connect(settings())).rejects.toThrow(AuthError);
    expect(lifecycle.failure?.code).toBe('AUTH_REJECTED');
  });

  it('waits a random part of the delay after a loss, then reconnects', async () => {
    const link = await connected();
    answers.push(new FakeLink());
    link.finish({ code: 1006, reason: '' });
    await settle();
    expect(machine.state).toBe('retry_backoff');
    expect(lifecycle.attempt).toBe(1);
    expect(lifecycle.nextRetryAt).toBe(clock.now() + 500);
    expect(lifecycle.failure?.code).toBe('CONNECTION_ERROR');
    await clock.advance(500);
    expect(path()).toEqual(['retry_backoff', 'reconnecting', 'ready']);
    expect(lifecycle.attempt).toBe(0);
  });

  it('is no longer ready the moment a link is dropped, and hears of its end only once', async () => {
    const link = await connected();
    lifecycle.drop();
    expect(machine.state).toBe('retry_backoff');
    link.finish({ code: 1006, reason: '' });
    await settle();
    expect(path()).toEqual(['retry_backoff']);
    await lifecycle.disconnect();
  });

  it('doubles the delay with every failure', async () => {
    const link = await connected();
    link.finish({ code: 1006, reason: '' });
    await settle();
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const wait = (lifecycle.nextRetryAt ?? 0) - clock.now();
      waits.push(wait);
      await clock.advance(wait);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000]);
    await lifecycle.close();
  });

  it('gives up after retry_max_attempts', async () => {
    const link = await connected({ retry_max_attempts: 2 });
    link.finish({ code: 1006, reason: '' });
    await clock.advance(10_000);
    expect(machine.state).toBe('connection_failed');
    expect(lifecycle.failure?.code).toBe('RECONNECT_EXHAUSTED');
    expect(changes.at(-1)).toMatchObject({ reason: 'max_attempts_exhausted', attempt: 2 });
  });

  it.each([
    [new AuthError('refused'), 'AUTH_REJECTED'],
    [new ValidationError('bad'), 'CONNECT_FAILED'],
  ])('does not try again after %o', async (error, code) => {
    const link = await connected();
    answers.push(error);
    link.finish({ code: 1006, reason: '' });
    await clock.advance(500);
    expect(machine.state).toBe('connection_failed');
    expect(lifecycle.failure?.code).toBe(code);
  });

  it('tries again after login trouble that a fresh login can cure', async () => {
    const link = await connected();
    answers.push(new AuthError('aid_login2_failed: nonce invalid or expired'), new FakeLink());
    link.finish({ code: 1006, reason: '' });
    await clock.advance(5_000);
    expect(machine.state).toBe('ready');
  });

  it('skips a round while the health check says no', async () => {
    const link = await connected();
    healthy = false;
    answers.push(new FakeLink());
    link.finish({ code: 1006, reason: '' });
    await clock.advance(500);
    expect(machine.state).toBe('retry_backoff');
    expect(answers).toHaveLength(1);
    healthy = true;
    await clock.advance(5_000);
    expect(machine.state).toBe('ready');
  });

  it('skips the wait on connect(), which settles with that attempt', async () => {
    const link = await connected();
    link.finish({ code: 1006, reason: '' });
    await settle();
    answers.push(new ConnectionError('still down'));
    await expect(lifecycle.connect(settings())).rejects.toThrow('still down');
    expect(machine.state).toBe('retry_backoff');
    answers.push(new FakeLink());
    await lifecycle.connect(settings());
    expect(machine.state).toBe('ready');
  });

  it('does not wait any longer when the platform says that the network is back', async () => {
    const link = await connected();
    link.finish({ code: 1006, reason: '' });
    await settle();
    answers.push(new FakeLink());
    wake();
    await settle();
    expect(machine.state).toBe('ready');
  });

  it('goes to standby when the socket is lost without auto_reconnect', async () => {
    const link = await connected({ auto_reconnect: false });
    link.finish({ code: 1006, reason: '' });
    await settle();
    expect(path()).toEqual(['standby']);
  });

  it.each([4001, 4003, 4008, 4009, 4010, 4011, 4012, 4013, 4014, 4015])(
    'does not come back after close code %i',
    async (code) => {
      const link = await connected();
      link.finish({ code, reason: 'bye' });
      await settle();
      expect(machine.state).toBe('connection_failed');
      const auth = [4001, 4003, 4008, 4010].includes(code);
      expect(lifecycle.failure?.code).toBe(auth ? 'AUTH_REJECTED' : 'SERVER_KICKED');
      expect(changes.at(-1)).toMatchObject({ code, reason: `close code ${code}` });
    },
  );

  it.each([1000, 1001, 1002, 1005, 1006, 1008, 1011, 1012, 1013])(
    'comes back after close code %i',
    async (code) => {
      const link = await connected();
      link.finish({ code, reason: '' });
      await settle();
      expect(machine.state).toBe('retry_backoff');
      await lifecycle.close();
    },
  );

  it('stays away after a kick, whatever the close code, until connect() clears it', async () => {
    const link = await connected();
    lifecycle.noteKick({ code: 4009, reason: 'Connection replaced', detail: { aid: 'a' } });
    link.finish({ code: 1006, reason: '' });
    await settle();
    expect(changes.at(-1)).toMatchObject({
      to: 'connection_failed',
      reason: 'Connection replaced',
      detail: { aid: 'a' },
    });
    const next = new FakeLink();
    answers.push(next);
    await lifecycle.connect(settings());
    next.finish({ code: 1006, reason: '' });
    await settle();
    expect(machine.state).toBe('retry_backoff');
    await lifecycle.close();
  });

  it('takes the end of an idle short connection for an ordinary end', async () => {
    const link = await connected({ connection_kind: 'short', short_ttl_ms: 2_000 });
    lifecycle.noteKick({ code: 4014, reason: 'short connection idle timeout' });
    link.finish({ code: 4014, reason: '' });
    await settle();
    expect(machine.state).toBe('standby');
  });

  it('cancels a running connect on disconnect', async () => {
    answers.push(new Promise<Link>(() => undefined));
    const connecting = lifecycle.connect(settings());
    connecting.catch(() => undefined);
    await settle();
    await lifecycle.disconnect();
    await expect(connecting).rejects.toThrow('disconnected');
    expect(machine.state).toBe('standby');
  });

  it('closes a link that opened after disconnect', async () => {
    let open: (link: Link) => void = () => undefined;
    answers.push(
      new Promise<Link>((resolve) => {
        open = resolve;
      }),
    );
    const connecting = lifecycle.connect(settings());
    connecting.catch(() => undefined);
    await lifecycle.disconnect();
    open(new FakeLink());
    await expect(connecting).rejects.toThrow('disconnected');
    expect(lifecycle.link).toBeNull();
  });

  it('ends the wait on disconnect and leaves no timer behind', async () => {
    const link = await connected();
    link.finish({ code: 1006, reason: '' });
    await settle();
    await lifecycle.disconnect();
    await settle();
    expect(machine.state).toBe('standby');
    expect(clock.timers).toBe(0);
    expect(lifecycle.failure).toBeNull();
  });

  it('closes from every state, any number of times', async () => {
    await connected();
    await lifecycle.close();
    await lifecycle.close();
    expect(machine.state).toBe('closed');
  });
});
