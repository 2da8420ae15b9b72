import type { JsonObject } from 'aun-core';
import type { Envelope, MerkleStep, PerDeviceEnvelope } from './envelope.js';
import { recipientTree } from './merkle.js';
import { recipientObject } from './row.js';

/** Members that belong to one delivery and therefore never to the stored body. */
const perDeliveryMembers = new Set(['recipients', 'recipient', 'merkle_proof', 't_server']);

/**
 * The form one device receives: the envelope without `recipients`, with one signed row, its Merkle path and the
 * server's time (03 §7).
 *
 * @throws {RangeError} when `index` is outside `recipients`
 */
export function toPerDeviceForm(
  envelope: Envelope | JsonObject,
  index: number,
  options: { readonly tServer?: number } = {},
): PerDeviceEnvelope {
  const rows = (envelope as Envelope).recipients;
  const proof = recipientTree(rows).proof(index);
  const { recipients: _, ...rest } = envelope as JsonObject;
  const recipient = recipientObject(rows[index] ?? []);
  const form = { ...rest, recipient, merkle_proof: proof };
  return options.tServer === undefined ? form : { ...form, t_server: options.tServer };
}

/**
 * JSON text of everything the devices of one message share: store it once per message. `extra` adds server members
 * such as `agent_md` (03 §5.5); undefined members are left out.
 *
 * @throws {RangeError} when a member is nested too deeply for JSON; the validators refuse such envelopes
 */
export function sharedBodyText(envelope: JsonObject, extra: JsonObject = {}): string {
  const members: string[] = [];
  for (const [key, value] of Object.entries({ ...envelope, ...extra })) {
    const text = perDeliveryMembers.has(key) ? undefined : jsonText(value);
    if (text !== undefined) members.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${members.join(',')}}`;
}

/** Undefined for what JSON leaves out of objects. */
function jsonText(value: unknown): string | undefined {
  return JSON.stringify(value) as string | undefined;
}

/**
 * `envelope_json` of one delivery: splices row, proof and time into the stored body without parsing it (03 §7).
 * The row must be the signed one, `device_id` `""` included, or the receiver drops the message.
 */
export function perDeviceText(
  sharedBody: string,
  row: readonly string[],
  proof: readonly MerkleStep[],
  tServer: number,
): string {
  const head = sharedBody === '{}' ? '{' : `${sharedBody.slice(0, -1)},`;
  const recipient = JSON.stringify(recipientObject(row));
  return `${head}"recipient":${recipient},"merkle_proof":${JSON.stringify(proof)},"t_server":${tServer}}`;
}
