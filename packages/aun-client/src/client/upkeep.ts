import type { Clock } from 'aun-core';
import { Heartbeat } from 'aun-transport';
import type { ConnectionSettings } from '../connection/connect-options.js';
import type { Link } from '../connection/link.js';
import type { TokenChain } from '../session/token-chain.js';
import { TokenRefreshLoop } from '../session/token-refresh-loop.js';

export type UpkeepPorts = {
  readonly emit: (event: string, payload: object) => void;
  readonly onError: (error: unknown) => void;
  /** The connection is of no use any more. */
  readonly onDead: () => void;
};

/** Pings a link as long as it lives (02 §4.5). Returns what ends it. */
export const keepAlive = (
  link: Link,
  settings: ConnectionSettings,
  clock: Clock,
  { onError, onDead }: UpkeepPorts,
): (() => void) => {
  const heartbeat = new Heartbeat({
    clock,
    intervalSeconds: settings.heartbeatIntervalS,
    ping: () => link.call('meta.ping', {}, { timeoutMs: settings.callTimeoutMs }),
    onFailure: onError,
    onDead,
  });
  heartbeat.adopt(link.handshake);
  heartbeat.start();
  return () => heartbeat.stop();
};

/** Renews the token before it expires; without one the connection is given up (07 §6.4). Returns what ends it. */
export const keepToken = (
  aid: string,
  tokens: TokenChain,
  settings: ConnectionSettings,
  clock: Clock,
  { emit, onError, onDead }: UpkeepPorts,
): (() => void) => {
  const loop = new TokenRefreshLoop({
    clock,
    tokens,
    refreshBeforeS: settings.tokenRefreshBeforeS,
    onRefreshed: ({ expiresAt }) =>
      emit('token.refreshed', { aid, expires_at: expiresAt ?? 0, expiresAt: expiresAt ?? 0 }),
    onError,
    onExhausted: (error, failures, relogin) => {
      const base = { aid, consecutive_failures: failures, last_error: error.message };
      emit('token.refresh_exhausted', relogin ? { ...base, relogin_required: true } : base);
      tokens.discard().catch(onError).finally(onDead);
    },
  });
  return () => loop.stop();
};
