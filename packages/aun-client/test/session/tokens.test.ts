import { readFileSync } from 'node:fs';
import { AuthError, ConnectionError, type JsonObject, noopLogger } from 'aun-core';
import { PrivateKey } from 'aun-crypto';
import { isRetryableReconnectError } from 'aun-transport';
import { describe, expect, it } from 'vitest';
import type { GatewayLocator } from '../../src/session/gateway-locator.js';
import type { Login } from '../../src/session/login.js';
import { ReloginRequiredError, TokenChain } from '../../src/session/token-chain.js';
import { TokenRefreshLoop } from '../../src/session/token-refresh-loop.js';
import { TokenStore } from '../../src/session/token-store.js';
import { isUsable, readTokens, refreshRequiresRelogin, rememberTokens } from '../../src/session/tokens.js';
import { FakeClock, settle } from '../support/fake-clock.js';

type Inputs = {
  access_token: string;
  expires_at_minus_now?: number;
  now: number;
  login_or_refresh_result: JsonObject;
  error_message: string;
  error_data: JsonObject | null;
  message: string;
};
type Vector = { name: string; inputs: Inputs; expected: Record<string, unknown> };
const { vectors } = JSON.parse(readFileSync(new URL('../vectors/auth.json', import.meta.url), 'utf8')) as {
  vectors: Vector[];
};
const named = (name: string) => vectors.filter((vector) => vector.name === name);

describe('tokens, by the vectors', () => {
  it.each(named('cached_access_token'))('usable: $inputs', ({ inputs, expected }) => {
    const now = 1_800_000_000;
    const lead = inputs.expires_at_minus_now;
    const expiry = lead === undefined ? {} : { access_token_expires_at: now + lead };
    const state = { access_token: inputs.access_token, ...expiry };
    expect(isUsable(readTokens(state), now)).toBe(expected.usable);
  });

  it.each(named('remember_tokens'))('remembers $inputs.login_or_refresh_result', ({ inputs, expected }) => {
    const wanted = Object.fromEntries(Object.entries(expected).filter(([key]) => !key.startsWith('_')));
    expect(rememberTokens(inputs.login_or_refresh_result, inputs.now)).toEqual(wanted);
  });

  it.each(named('refresh_failure_requires_relogin'))('demands a login: $inputs', ({ inputs, expected }) => {
    expect(refreshRequiresRelogin(inputs.error_message, inputs.error_data)).toBe(expected.relogin);
  });

  it.each(named('reconnect_retry_on_auth_error'))('tries again: $inputs', ({ inputs, expected }) => {
    expect(isRetryableReconnectError(new AuthError(inputs.message))).toBe(expected.retried);
  });
});

class World {
  readonly clock = new FakeClock();
  state: JsonObject = {};
  readonly asked: string[] = [];
  refreshAnswer: () => JsonObject = () => ({
    success: true,
    access_token: 'refreshed',
    refresh_token: 'r2',
    expires_in: 3_600,
  });
  logins = 0;
  locks = 0;
  readonly chain: TokenChain;

  constructor() {
    const keys = {
      loadInstanceState: async () => this.state,
      updateInstanceState: async (
        _aid: string,
        _scope: unknown,
        update: (state: JsonObject) => JsonObject,
      ) => {
        this.state = update(this.state);
        return this.state;
      },
    };
    const key = PrivateKey.generate();
    this.chain = new TokenChain(
      { aid: 'nora.demo.example', certificate: null as never, privateKey: key },
      {
        clock: this.clock,
        logger: noopLogger,
        store: new TokenStore(keys as never, 'nora.demo.example', { deviceId: 'd', slotId: 's' }),
        locator: {
          tryEach: (_aid: string, attempt: (url: string) => unknown) => attempt('wss://g'),
        } as unknown as GatewayLocator,
        preAuth: async (_url, method) => {
          this.asked.push(method);
          const answer = this.refreshAnswer();
          if (answer.success === false) throw new AuthError(String(answer.error), { data: answer });
          return answer;
        },
        login: {
          run: async () => {
            this.logins += 1;
            return { access_token: `login${this.logins}`, refresh_token: 'r', expires_in: 3_600 };
          },
        } as unknown as Login,
        exclusively: async (work) => {
          this.locks += 1;
          return work();
        },
        sdk: { lang: 'typescript', version: '0' },
        onNewCert: async () => undefined,
      },
    );
  }

  store(accessToken: string, livesS: number, refreshToken = 'r1'): void {
    this.state = {
      access_token: accessToken,
      refresh_token: refreshToken,
      access_token_expires_at: this.clock.now() / 1_000 + livesS,
      other: 1,
    };
  }
}

describe('tokens that the server has refused for good', () => {
  it('are followed by a login', async () => {
    const world = new World();
    world.store('old', 3_000);
    await world.chain.obtain();
    await world.chain.discard();
    expect(world.state.refresh_token).not.toBe('r1');
    expect((await world.chain.obtain()).source).toBe('login');
    expect(world.logins).toBe(1);
  });

  it('do not take the tokens of another process with them', async () => {
    const world = new World();
    world.store('old', 3_000);
    await world.chain.obtain();
    world.store('newer', 3_000, 'r9');
    await world.chain.discard();
    expect((await world.chain.obtain()).tokens.accessToken).toBe('newer');
    expect(world.logins).toBe(0);
  });
});

describe('the token chain', () => {
  it('uses a cached token without asking anybody', async () => {
    const world = new World();
    world.store('cached', 31);
    expect((await world.chain.obtain()).source).toBe('cached');
    expect([world.asked, world.logins, world.locks]).toEqual([[], 0, 0]);
  });

  it('refreshes an expired one and keeps the rest of the record', async () => {
    const world = new World();
    world.store('old', 30);
    expect((await world.chain.obtain()).tokens.accessToken).toBe('refreshed');
    expect(world.state).toMatchObject({ access_token: 'refreshed', refresh_token: 'r2', other: 1 });
    expect(world.asked).toEqual(['auth.refresh_token']);
  });

  it('logs in when there is nothing to refresh, or the refresh is refused', async () => {
    const world = new World();
    expect((await world.chain.obtain()).source).toBe('login');
    world.store('old', 0);
    world.refreshAnswer = () => ({ success: false, error: 'temporarily unavailable' });
    expect((await world.chain.obtain()).source).toBe('login');
  });

  it('does not trust a cached access token without a refresh token', async () => {
    const world = new World();
    world.store('cached', 3_000, '');
    expect((await world.chain.obtain()).source).toBe('login');
  });

  it('does not hand out a token that was just refused', async () => {
    const world = new World();
    world.store('refused', 3_000);
    expect((await world.chain.obtain('refused')).source).toBe('refresh');
  });

  it('shares one flight among parallel callers', async () => {
    const world = new World();
    await Promise.all([world.chain.obtain(), world.chain.obtain(), world.chain.obtain()]);
    expect(world.logins).toBe(1);
  });

  it('clears stored tokens when the server demands a login', async () => {
    const world = new World();
    world.store('old', 100);
    world.refreshAnswer = () => ({ success: false, error: 'invalid_or_expired_refresh_token' });
    await expect(world.chain.refresh()).rejects.toThrow(ReloginRequiredError);
    expect(world.state).toMatchObject({
      access_token: '',
      refresh_token: '',
      access_token_expires_at: 0,
      other: 1,
    });
  });

  it('adopts what another process refreshed meanwhile', async () => {
    const world = new World();
    world.store('first', 3_000);
    await world.chain.obtain();
    world.store('from elsewhere', 3_600, 'r9');
    expect((await world.chain.refresh()).tokens.accessToken).toBe('from elsewhere');
    expect(world.asked).toEqual([]);
  });
});

describe('the background refresh', () => {
  const setUp = (world: World) => {
    const seen: string[] = [];
    const loop = new TokenRefreshLoop({
      clock: world.clock,
      tokens: world.chain,
      refreshBeforeS: 1_800,
      onRefreshed: ({ accessToken }) => seen.push(`refreshed ${accessToken}`),
      onError: () => seen.push('error'),
      onExhausted: (_error, refusals, relogin) => seen.push(`exhausted ${refusals} ${relogin}`),
    });
    return { seen, loop };
  };

  it('refreshes half an hour before the end', async () => {
    const world = new World();
    await world.chain.obtain();
    const { seen, loop } = setUp(world);
    await world.clock.advance(1_790_000);
    expect(seen).toEqual([]);
    await world.clock.advance(30_000);
    expect(seen).toEqual(['refreshed refreshed']);
    loop.stop();
    expect(world.clock.timers).toBe(0);
  }, 20_000);

  it('gives up after three refusals, at once when a login is demanded, never for network trouble', async () => {
    for (const [answer, expected] of [
      [{ success: false, error: 'nope' }, ['exhausted 3 false']],
      [{ success: false, error: 'x', relogin_required: true }, ['exhausted 1 true']],
    ] as const) {
      const world = new World();
      world.store('old', 100);
      await world.chain.obtain();
      world.refreshAnswer = () => answer;
      const { seen } = setUp(world);
      await world.clock.advance(90_000);
      expect(seen).toEqual(expected);
      expect(world.clock.timers).toBe(0);
    }
    const world = new World();
    world.store('old', 100);
    await world.chain.obtain();
    world.refreshAnswer = () => {
      throw new ConnectionError('down');
    };
    const { seen, loop } = setUp(world);
    await world.clock.advance(90_000);
    expect(seen).toEqual(['error', 'error', 'error', 'error']);
    loop.stop();
    await settle();
  });
});
