import type { JsonObject } from 'aun-core';
import { checkP2PCoverage, type ValidP2PEnvelope, validateP2PEnvelope } from 'aun-e2ee/validate';
import { sliceMembers } from '../../rpc/json-slice.js';
import type { SessionCallContext } from '../../rpc/method.js';
import type { DeviceRow } from '../../store/device-store.js';
import { accepted } from './accepted.js';
import type { DeliveryTarget } from './deliver.js';
import type { MessageDeps } from './deps.js';
import { envelopeTargets } from './envelope-targets.js';
import { auditAidsFor } from './foreign/audit-rows.js';
import { requireDevices, requireRecipient } from './recipient.js';

/** A V2 envelope that passed all checks of 04 §5.2, and who gets which row. */
export interface CheckedEnvelope extends ValidP2PEnvelope {
  readonly targets: readonly DeliveryTarget[];
  /** Active devices of the recipient; whether their inboxes have room is not looked at. */
  readonly peerDevices: readonly DeviceRow[];
}

/** Checks 1-10 in their order. @throws RpcFailure */
export function checkEnvelope(
  deps: MessageDeps,
  to: string,
  payload: unknown,
  ctx: SessionCallContext,
): CheckedEnvelope {
  const { auditAids, sendSkewAheadMs: futureMs, sendSkewBehindMs: pastMs } = deps.limits;
  const now = ctx.now();
  const valid = accepted(
    validateP2PEnvelope(payload, {
      callerAid: ctx.session.aid,
      deviceId: ctx.session.deviceId,
      to,
      now: ctx.session.federation?.acceptedAt ?? now,
      window: { futureMs, pastMs },
      auditAids: auditAidsFor(auditAids, payload, ctx.session.federation?.fromIssuer),
    }),
  );
  requireRecipient(deps, to, 'to');
  const peerDevices = requireDevices(deps, to, now);
  const peerDeviceIds = peerDevices.map((device) => device.deviceId);
  const { rows, tree } = valid;
  const { ignored } = accepted(checkP2PCoverage({ to, rows, activeDevices: peerDeviceIds, auditAids }));
  const targets = envelopeTargets({
    rows,
    tree,
    ignored,
    senderDevice: ctx.session.deviceId,
    devicesOf: (aid) => deps.active(aid, now),
  });
  return { ...valid, targets, peerDevices };
}

/** Members that belong to one delivery, or that only the server sets. */
const perDelivery: ReadonlySet<string> = new Set([
  'recipients',
  'recipient',
  'merkle_proof',
  't_server',
  'agent_md',
]);

/** The stored envelope: the sender's bytes without `recipients`, with `t_server` and the sender's agent.md (04 §5.4). */
export function envelopeContent(payloadText: string, tServer: number, agentMd: JsonObject | null): string {
  const members: string[] = [];
  for (const [key, text] of sliceMembers(payloadText)) {
    if (perDelivery.has(key)) continue;
    members.push(`${JSON.stringify(key)}:${text}`);
  }
  members.push(`"t_server":${tServer}`);
  if (agentMd !== null) members.push(`"agent_md":${JSON.stringify(agentMd)}`);
  return `{${members.join(',')}}`;
}
