import { type Clock, issuerOf, type JsonObject, type Logger, type RandomBytes } from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import { MAX_BATCH, MAX_FRAME } from './hello.js';
import { LinkFault } from './link-fault.js';
import type { PeerLinks } from './peer-links.js';

const TIMEOUT_MS = 10_000;
const MAX_WAITING = 1_000;
const MAX_BATCH_CHARS = MAX_FRAME / 4;

/** An event for an agent of another domain. */
export interface OutboundEvent {
  /** Whose event it is: names the issuer that speaks. */
  readonly fromAid: string;
  readonly target: {
    readonly aid: string;
    readonly deviceId?: string | undefined;
    readonly slotId?: string | undefined;
  };
  /** `event/…`. */
  readonly method: string;
  readonly params: JsonObject;
  /** Unix ms; absent: now or never. */
  readonly expiresAt?: number | undefined;
}

/** Fire and forget, in batches, one retry (02 §20.4). */
export type EventSender = (event: OutboundEvent) => void;

export const createEventSender = (deps: {
  readonly links: PeerLinks;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: RandomBytes;
}): EventSender => {
  const { clock, links, log } = deps;
  const waiting = new Map<string, { from: string; to: string; items: string[] }>();

  const itemText = ({ expiresAt, method, params, target }: OutboundEvent): string =>
    JSON.stringify({
      event_id: `e-${uuidV4(deps.random)}`,
      target: {
        aid: target.aid,
        ...(target.deviceId ? { device_id: target.deviceId } : {}),
        ...(target.slotId ? { slot_id: target.slotId } : {}),
      },
      method,
      params,
      ...(expiresAt === undefined ? {} : { expires_at_ms: expiresAt }),
    });

  const deliver = async (from: string, to: string, items: readonly string[]): Promise<void> => {
    const params = `{"items":[${items.join(',')}]}`;
    const once = async () => links.link(from, to).request('federation.event', params, TIMEOUT_MS);
    try {
      await once().catch((error: unknown) => {
        if (error instanceof LinkFault && error.kind === 'broken') return once();
        throw error;
      });
    } catch (error) {
      if (!(error instanceof LinkFault)) throw error;
      log.debug('events for another domain dropped', { to, count: items.length, reason: error.message });
    }
  };

  const flush = (key: string): void => {
    const batch = waiting.get(key);
    waiting.delete(key);
    if (batch === undefined) return;
    let part: string[] = [];
    let chars = 0;
    const send = (): void => {
      if (part.length === 0) return;
      deliver(batch.from, batch.to, part).catch((error: unknown) =>
        log.error('events for another domain failed', { error }),
      );
      part = [];
      chars = 0;
    };
    for (const item of batch.items) {
      if (part.length >= MAX_BATCH || chars + item.length > MAX_BATCH_CHARS) send();
      part.push(item);
      chars += item.length;
    }
    send();
  };

  return (event) => {
    const from = issuerOf(event.fromAid);
    const to = issuerOf(event.target.aid);
    const key = `${from} ${to}`;
    const batch = waiting.get(key) ?? { from, to, items: [] };
    if (batch.items.length >= MAX_WAITING) return;
    batch.items.push(itemText(event));
    if (waiting.has(key)) return;
    waiting.set(key, batch);
    // What is said in one turn travels together.
    clock.setTimeout(() => flush(key), 0, { background: true });
  };
};
