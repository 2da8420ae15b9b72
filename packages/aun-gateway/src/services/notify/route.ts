import { type Clock, isDeviceId, isJsonObject, isSlotId, issuerOf, type JsonObject } from 'aun-core';
import { z } from 'zod';
import type { EventBus } from '../../bus/event-bus.js';
import type { FederationPort } from '../../federation/port.js';
import type { TokenBuckets } from '../../limits/token-bucket.js';
import type { NotificationFrame } from '../../rpc/frame.js';
import type { SessionInfo } from '../../session/session-info.js';
import { aidParam } from '../message/aid-param.js';

const MAX_PARAMS_BYTES = 65_536;

const delivery = z.object({
  method: z.string().regex(/^event\/app\.[A-Za-z0-9_.-]+$/),
  params: z.custom<JsonObject>(isJsonObject).default({}),
});

const routeSchema = z.object({
  target: z
    .object({
      type: z.literal('aid'),
      aid: aidParam,
      device_id: z.string().refine(isDeviceId).nullish(),
      slot_id: z.string().refine(isSlotId).nullish(),
    })
    .refine((target) => !target.slot_id || target.device_id),
  deliver: delivery,
  ttl_ms: z.int().min(0).max(60_000).nullish(),
});

/** Routes a client's notification; whatever is wrong with it, it is dropped without an answer (02 §7). */
export type NotifyRouter = (frame: NotificationFrame, sender: SessionInfo) => void;

export interface NotifyDeps {
  readonly clock: Clock;
  readonly bus: EventBus;
  /** Per connection. */
  readonly rate: TokenBuckets;
  /** Takes what is for another domain; undefined: there is none. */
  readonly federation?: Pick<FederationPort, 'event' | 'isForeign'> | undefined;
}

/** Params as they are delivered: `_notify` is always ours (02 §7.1). */
export function notifyParams(
  params: JsonObject,
  sender: SessionInfo,
  sentAt: number,
  ttlMs: number,
): JsonObject {
  const origin = {
    from_aid: sender.aid,
    device_id: sender.deviceId,
    slot_id: sender.slotId,
    connection_id: sender.connectionId,
    sent_at: sentAt,
    ...(ttlMs > 0 ? { ttl_ms: ttlMs } : {}),
  };
  return { ...params, _notify: origin };
}

/** `notification/route` to an AID, one of its devices, or one exact slot (02 §7.1). Online or never. */
export const createNotifyRouter =
  ({ bus, clock, federation, rate }: NotifyDeps): NotifyRouter =>
  (frame, sender) => {
    if (frame.method !== 'notification/route' || rate.take(sender.connectionId) > 0) return;
    const checked = routeSchema.safeParse(frame.params);
    if (!checked.success) return;
    const { deliver, target, ttl_ms: ttl } = checked.data;
    if (Buffer.byteLength(JSON.stringify(deliver.params)) > MAX_PARAMS_BYTES) return;
    const now = clock.now();
    const expiresAt = ttl ? now + ttl : undefined;
    const { method } = deliver;
    const params = notifyParams(deliver.params, sender, now, ttl ?? 0);
    const issuer = issuerOf(target.aid);
    if (issuer !== '' && federation?.isForeign(issuer)) {
      const { aid, device_id: deviceId, slot_id: slotId } = target;
      federation.event({
        fromAid: sender.aid,
        target: { aid, deviceId: deviceId ?? undefined, slotId: slotId ?? undefined },
        method,
        params,
        expiresAt,
      });
      return;
    }
    bus.toAid(
      target.aid,
      { method, params, frameClass: 'droppable', expiresAt },
      ({ deviceId, slotId }) =>
        (!target.device_id || deviceId === target.device_id) &&
        (!target.slot_id || slotId === target.slot_id),
    );
  };
