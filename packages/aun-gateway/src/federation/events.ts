import { type Clock, isDeviceId, isJsonObject, isSlotId, issuerOf, type JsonObject } from 'aun-core';
import { z } from 'zod';
import type { EventBus } from '../bus/event-bus.js';
import { checkParams } from '../rpc/check-params.js';
import { invalidParams, RpcFailure } from '../rpc/failure.js';
import { MAX_BATCH } from './hello.js';
import type { AcceptedPeer } from './relay-acceptor.js';

const MAX_PARAMS_BYTES = 65_536 + 4_096;
const text = z.string('must be a string');

const eventSchema = z.object({
  event_id: text.min(1).max(128),
  target: z.object({
    aid: text.min(1).max(256),
    device_id: text.refine(isDeviceId).nullish(),
    slot_id: text.refine(isSlotId).nullish(),
  }),
  method: text.max(128),
  params: z.custom<JsonObject>(isJsonObject, 'must be an object'),
  expires_at_ms: z.int().positive().nullish(),
});

const framesSchema = z.object({ items: z.array(z.unknown(), 'must be a list').min(1).max(MAX_BATCH) });

export type FederationEvent = z.output<typeof eventSchema>;

/** What may come from another gateway, and who may say it (02 §20.4). */
const allowed: readonly {
  readonly method: RegExp;
  readonly mayComeFrom: (event: FederationEvent, fromIssuer: string) => boolean;
}[] = [
  {
    method: /^event\/app\.[A-Za-z0-9_.-]+$/,
    mayComeFrom({ params: { _notify: notify } }, fromIssuer) {
      return isJsonObject(notify) && issuerOf(String(notify.from_aid ?? '')) === fromIssuer;
    },
  },
  {
    method: /^event\/group\.[A-Za-z0-9_.-]+$/,
    mayComeFrom: ({ params }, fromIssuer) =>
      issuerOf(String(params.group_aid ?? params.group_id ?? '')) === fromIssuer,
  },
  {
    method: /^event\/message\.recalled$/,
    mayComeFrom: ({ params }, fromIssuer) => issuerOf(String(params.from ?? '')) === fromIssuer,
  },
  {
    method: /^event\/peer\.v2\.message_received$/,
    mayComeFrom: ({ params }, fromIssuer) => issuerOf(String(params.from_aid ?? '')) === fromIssuer,
  },
];

/** Hands events of another gateway to connections; gives the number that was taken. @throws RpcFailure */
export type EventAcceptor = (peer: AcceptedPeer, params: JsonObject) => JsonObject;

export const createEventAcceptor = (deps: {
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly takeRate: (issuer: string) => number;
}): EventAcceptor => {
  const mayPass = (peer: AcceptedPeer, event: FederationEvent): boolean =>
    issuerOf(event.target.aid) === peer.toIssuer &&
    allowed.some(
      ({ mayComeFrom, method }) => method.test(event.method) && mayComeFrom(event, peer.fromIssuer),
    ) &&
    Buffer.byteLength(JSON.stringify(event.params)) <= MAX_PARAMS_BYTES;

  return (peer, params) => {
    const { items } = checkParams(framesSchema, params) as z.output<typeof framesSchema>;
    const events = items.map((item, position) => {
      const parsed = eventSchema.safeParse(item);
      if (parsed.success) return parsed.data;
      const field = ['items', position, ...(parsed.error.issues[0]?.path ?? [])].map(String).join('.');
      throw invalidParams(
        field,
        `invalid_params: ${field}: ${parsed.error.issues[0]?.message ?? 'is invalid'}`,
      );
    });
    const wait = deps.takeRate(peer.fromIssuer);
    if (wait > 0)
      throw new RpcFailure(-32029, 'rate limited: too many frames from this domain', { retry_after: wait });
    let accepted = 0;
    for (const event of events) {
      if (!mayPass(peer, event)) continue;
      accepted += 1;
      if (typeof event.expires_at_ms === 'number' && event.expires_at_ms < deps.clock.now()) continue;
      const { aid, device_id: device, slot_id: slot } = event.target;
      deps.bus.toAid(
        aid,
        {
          method: event.method,
          params: event.params,
          frameClass: 'droppable',
          expiresAt: event.expires_at_ms ?? undefined,
        },
        ({ deviceId, slotId }) => (!device || deviceId === device) && (!slot || slotId === slot),
      );
    }
    return { accepted };
  };
};
