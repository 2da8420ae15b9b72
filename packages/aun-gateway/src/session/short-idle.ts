import { type Clock, CloseCode } from 'aun-core';
import { kick } from './kick.js';
import type { LiveSession } from './live-session.js';

const MIN_CHECK_MS = 200;
const MAX_CHECK_MS = 5_000;

/**
 * Closes a short connection with 4014 when its client has been silent for its TTL (02 §12.2). The window slides with
 * every request or notification.
 */
export function watchShortIdle(
  session: LiveSession,
  clock: Clock,
  isLive: () => boolean,
  remove: (session: LiveSession) => void,
): void {
  const { info, port } = session;
  const period = Math.max(MIN_CHECK_MS, Math.min(info.shortTtlMs / 4, MAX_CHECK_MS));
  const check = (): void => {
    if (!isLive()) return;
    const idle = clock.now() - Math.max(port.lastActivityAt, info.connectedAt);
    if (idle < info.shortTtlMs) {
      clock.setTimeout(check, period, { background: true });
      return;
    }
    remove(session);
    kick(port, CloseCode.shortIdleTimeout, 'short connection idle timeout', {
      aid: info.aid,
      device_id: info.deviceId,
      slot_id: info.slotId,
      idle_ms: Math.max(1, Math.round(idle)),
      ttl_ms: info.shortTtlMs,
    });
  };
  clock.setTimeout(check, period, { background: true });
}
