import { type Clock, CloseCode, type TimerHandle } from 'aun-core';
import type { WireConnection } from './wire-connection.js';

export interface UpkeepLimits {
  readonly authTimeoutMs: number;
  readonly wsPingIntervalMs: number;
  readonly wsDeadAfterMs: number;
}

const TICK_MS = 1_000;
/** A connection that stays congested for so long is dropped (02 §6). */
const STALL_MS = 30_000;

/** Looks after all sockets with one timer: auth timeout (4008), pings, dead peers, stalled readers (02 §4.1, §14). */
export function startUpkeep(deps: {
  readonly clock: Clock;
  readonly limits: UpkeepLimits;
  readonly connections: () => Iterable<WireConnection>;
  readonly isAuthenticated: (connection: WireConnection) => boolean;
}): { stop(): void } {
  const { clock, limits } = deps;
  let timer: TimerHandle | null = null;

  const look = (connection: WireConnection, now: number): void => {
    if (connection.closing) return;
    if (connection.congestedSince !== null) {
      if (now - connection.congestedSince >= STALL_MS) connection.close(CloseCode.tryLater, 'slow consumer');
      return;
    }
    if (now - connection.lastInboundAt >= limits.wsDeadAfterMs) {
      connection.terminate();
      return;
    }
    if (now - connection.lastActivityAt >= limits.authTimeoutMs && !deps.isAuthenticated(connection)) {
      connection.close(CloseCode.authTimeout, 'auth timeout');
      return;
    }
    if (now - connection.lastPingAt >= limits.wsPingIntervalMs) connection.ping();
  };

  const tick = (): void => {
    const now = clock.now();
    for (const connection of deps.connections()) look(connection, now);
    timer = clock.setTimeout(tick, Math.min(TICK_MS, limits.authTimeoutMs / 2), { background: true });
  };
  tick();
  return { stop: () => clock.clearTimeout(timer) };
}
