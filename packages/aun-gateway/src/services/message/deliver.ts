import type { JsonObject } from 'aun-core';
import type { NewBody } from '../../store/body-store.js';
import type { DeviceRow } from '../../store/device-store.js';
import type { InboxRow } from '../../store/inbox-store.js';
import type { MessageDeps } from './deps.js';

/** One device that gets a row of a message. */
export interface DeliveryTarget {
  readonly ownerAid: string;
  readonly device: DeviceRow;
  readonly outbound: boolean;
  /** See `InboxRow.wrap`. */
  readonly wrap: string;
}

export type DeliveryOutcome =
  | { readonly kind: 'stored'; readonly placed: readonly PlacedRow[] }
  | { readonly kind: 'duplicate' };

export interface PlacedRow {
  readonly target: DeliveryTarget;
  readonly seq: number;
}

export const inboxRowOf = (body: NewBody, target: DeliveryTarget, seq: number): InboxRow => ({
  seq,
  outbound: target.outbound,
  wrap: target.wrap,
  kind: body.kind,
  type: body.type,
  messageId: body.messageId,
  fromAid: body.fromAid,
  toAid: body.toAid,
  tServer: body.tServer,
  senderDevice: body.senderDevice,
  senderIp: body.senderIp,
  content: body.content,
});

/** Writes body and inbox rows; runs inside a transaction. A duplicate consumes no seq (04 §21.2). */
export function placeMessage(
  deps: Pick<MessageDeps, 'bodies' | 'devices' | 'inbox'>,
  body: NewBody,
  targets: readonly DeliveryTarget[],
): DeliveryOutcome {
  const bodyId = deps.bodies.insert(body);
  if (bodyId === null) return { kind: 'duplicate' };
  const contentBytes = Buffer.byteLength(body.content);
  const placed = targets.map((target): PlacedRow => {
    const { deviceNo } = target.device;
    const seq = deps.devices.nextSeq(deviceNo);
    const size = contentBytes + Buffer.byteLength(target.wrap);
    deps.inbox.insert({ deviceNo, seq, bodyId, outbound: target.outbound, size, wrap: target.wrap });
    return { target, seq };
  });
  return { kind: 'stored', placed };
}

/** Commits a message together with others that arrive now, then hands its rows to the push stage (D1). */
export function deliver(
  deps: MessageDeps,
  body: NewBody,
  targets: readonly DeliveryTarget[],
  trace: JsonObject | null,
): Promise<DeliveryOutcome> {
  return deps.commit.run(
    () => placeMessage(deps, body, targets),
    (outcome) => {
      if (outcome.kind === 'duplicate') return;
      for (const { target, seq } of outcome.placed) {
        const { device, ownerAid } = target;
        const row = inboxRowOf(body, target, seq);
        deps.push.push({ ownerAid, deviceId: device.deviceId, deviceNo: device.deviceNo, row, trace });
      }
    },
  );
}
