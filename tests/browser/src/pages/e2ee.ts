import type { JsonObject } from 'aun-core';
import { sha256 } from 'aun-crypto';
import {
  type EncryptOptions,
  type Envelope,
  encryptGroup,
  encryptGroupAsync,
  encryptP2P,
  encryptP2PAsync,
  type OpenKeys,
  openEnvelope,
  openEnvelopeAsync,
  type PerDeviceEnvelope,
  perDeviceText,
  recipientProof,
  sharedBodyText,
  toPerDeviceForm,
  type WrapProtocol,
} from 'aun-e2ee';
import { deviceOf, type Kind, sender, targetOf } from './e2ee-cast.js';

export interface MessagePlan {
  readonly kind: Kind;
  readonly protocol: WrapProtocol;
  /** How many devices it is encrypted to. */
  readonly recipients: number;
}

const payload: JsonObject = { type: 'text', text: 'hello, wörld 👋', nested: { list: [1, 2.5, null, true] } };

/** What every recipient gets to see. */
export const content = { payload, topic: 'greeting', context: { thread: 't-1' } };

const group = { groupId: 'group.example.test/chorus', epoch: 3 };

const messageOf = ({ kind, protocol, recipients }: MessagePlan) => ({
  sender: sender(),
  targets: Array.from({ length: recipients }, (_, index) => targetOf(kind, index, protocol)),
  payload,
  protectedHeaders: { topic: content.topic },
  context: content.context,
});

/** An envelope to the devices `0` to `recipients - 1`, with this platform's randomness. */
export function encrypt(plan: MessagePlan, options: EncryptOptions = {}): Envelope {
  const message = messageOf(plan);
  return plan.kind === 'p2p' ? encryptP2P(message, options) : encryptGroup({ ...message, ...group }, options);
}

/** {@link encrypt} by the asynchronous functions. */
export function encryptAsync(plan: MessagePlan, options: EncryptOptions = {}): Promise<Envelope> {
  const message = messageOf(plan);
  return plan.kind === 'p2p'
    ? encryptP2PAsync(message, options)
    : encryptGroupAsync({ ...message, ...group }, options);
}

/** Nothing left to chance: any two runs of a plan give the same bytes. */
const reproducible = (): EncryptOptions => {
  let draws = 0;
  const random = (length: number) => sha256(Uint8Array.of(++draws >> 8, draws & 255)).slice(0, length);
  return { random, clock: { now: () => 1_767_225_600_000 }, deterministic: true };
};

/** The same message encrypted synchronously and asynchronously. */
export async function encryptBothWays(plan: MessagePlan): Promise<[Envelope, Envelope]> {
  return [encrypt(plan, reproducible()), await encryptAsync(plan, reproducible())];
}

export function perDeviceForm(envelope: Envelope, row: number): PerDeviceEnvelope {
  return toPerDeviceForm(envelope, row);
}

/** The same form as a gateway writes it: one row, its proof and a time, spliced into the shared text. */
export function deliveredText(envelope: Envelope, row: number): string {
  const rows = envelope.recipients;
  return perDeviceText(
    sharedBodyText(envelope),
    rows[row] ?? [],
    recipientProof(rows, row),
    1_767_225_600_000,
  );
}

/** Opens an envelope, in whatever form, as one device; the code where it is refused. */
export function open(envelope: unknown, kind: Kind, index: number): JsonObject {
  return shown(openEnvelope(envelope, keysOf(kind, index), { from: sender().aid }));
}

/** The same by the asynchronous function. */
export async function openAsync(envelope: unknown, kind: Kind, index: number): Promise<JsonObject> {
  return shown(await openEnvelopeAsync(envelope, keysOf(kind, index), { from: sender().aid }));
}

function keysOf(kind: Kind, index: number): OpenKeys {
  const { aid, deviceId, identityKey, prekey } = deviceOf(kind, index);
  const senderKey = sender().identityKey.publicKey;
  return { selfAid: aid, selfDeviceId: deviceId, identityKey, prekey, senderKey };
}

function shown(result: ReturnType<typeof openEnvelope>): JsonObject {
  if (!result.ok) return { code: result.error.code };
  const { protectedHeaders = {}, context = {}, protocol } = result.data;
  return { payload: result.data.payload, protocol, topic: protectedHeaders.topic ?? null, context };
}
