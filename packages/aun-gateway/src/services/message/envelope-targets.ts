import { type RecipientRow, type RecipientTree, recipientObject } from 'aun-e2ee/validate';
import type { DeviceRow } from '../../store/device-store.js';
import type { DeliveryTarget } from './deliver.js';

interface Candidate {
  readonly target: DeliveryTarget;
  /** A device that is covered twice gets the better row: its own before an AID-wide one, then by role (03 §7). */
  readonly rank: number;
}

const roleRank: Readonly<Record<string, number>> = { peer: 2, self_sync: 1, audit: 0 };

export interface EnvelopeFanOut {
  readonly rows: readonly RecipientRow[];
  readonly tree: RecipientTree;
  /** Indices of rows that get no inbox row. */
  readonly ignored: ReadonlySet<number>;
  readonly senderDevice: string;
  /** Active devices of an AID. */
  readonly devicesOf: (aid: string) => readonly DeviceRow[];
}

/** Which device gets which recipient row, with its proof (04 §5.4). Ordered by device. */
export function envelopeTargets(fanOut: EnvelopeFanOut): DeliveryTarget[] {
  const chosen = new Map<number, Candidate>();
  fanOut.rows.forEach((row, index) => {
    const [aid, deviceId, role] = row;
    if (fanOut.ignored.has(index)) return;
    const devices = fanOut
      .devicesOf(aid)
      .filter((device) => deviceId === '' || device.deviceId === deviceId)
      .filter((device) => role !== 'self_sync' || device.deviceId !== fanOut.senderDevice);
    if (devices.length === 0) return;
    const proof = JSON.stringify(fanOut.tree.proof(index));
    const wrap = `"recipient":${JSON.stringify(recipientObject(row))},"merkle_proof":${proof}`;
    // `peer` wins over `self_sync` even when only AID-wide: a message to oneself is inbound everywhere (04 §5.4).
    const rank = (roleRank[role] ?? 0) * 2 + (deviceId === '' ? 0 : 1);
    for (const device of devices) {
      const known = chosen.get(device.deviceNo);
      if (known && known.rank >= rank) continue;
      const target = { ownerAid: aid, device, outbound: role === 'self_sync', wrap };
      chosen.set(device.deviceNo, { target, rank });
    }
  });
  return [...chosen.values()]
    .map((candidate) => candidate.target)
    .toSorted((left, right) => left.device.deviceNo - right.device.deviceNo);
}
