import { E2EEError, type JsonObject, normalizeGroupId } from 'aun-core';
import { p2pAadText } from './aad-text.js';
import { GROUP_ENVELOPE_TYPE, P2P_ENVELOPE_TYPE, Role, SUITE } from './constants.js';
import {
  type Draft,
  draftEnvelope,
  type EncryptOptions,
  type MessageInput,
  requireInteger,
} from './draft.js';
import type {
  EnvelopeBase,
  GroupAad,
  GroupEnvelope,
  P2PAad,
  P2PEnvelope,
  StateCommitmentWire,
} from './envelope.js';
import { sealEnvelope, sealEnvelopeAsync } from './seal.js';
import { type Target, wrapProtocolOf } from './target.js';
import { wrapForTargets, wrapForTargetsAsync } from './wrap-target.js';

export type P2PMessage = MessageInput;

/** A group message; audit recipients may stand in `targets` or in `auditTargets`. */
export interface GroupMessage extends MessageInput {
  /** Any spelling; the envelope carries the normalised one. */
  readonly groupId: string;
  /** From the group bootstrap; 0 if unknown. */
  readonly epoch: number;
  /** Missing members become `0`, `""`, `""`. */
  readonly stateCommitment?: Partial<StateCommitmentWire> | null;
}

/**
 * Encrypts a message to the devices of one AID (03 §5).
 *
 * @throws {E2EEError} no peer target, a payload without canonical JSON form, a bad header key, a bad timestamp
 */
export function encryptP2P(message: P2PMessage, options: EncryptOptions = {}): P2PEnvelope {
  const draft = draftP2P(message, options);
  return finishP2P(draft, sealEnvelope(draft, wrapForTargets(draft, options.cache), options));
}

/**
 * Encrypts a message to the members of a group (03 §5).
 *
 * @throws {E2EEError} as {@link encryptP2P}
 */
export function encryptGroup(message: GroupMessage, options: EncryptOptions = {}): GroupEnvelope {
  const draft = draftGroup(message, options);
  return finishGroup(draft, sealEnvelope(draft, wrapForTargets(draft, options.cache), options));
}

/**
 * {@link encryptP2P} with key agreements and signature on WebCrypto where the platform has no `node:crypto`: several
 * times sooner in browsers. In Node it only costs a promise.
 *
 * @throws {E2EEError} as {@link encryptP2P}, as a rejection
 */
export async function encryptP2PAsync(
  message: P2PMessage,
  options: EncryptOptions = {},
): Promise<P2PEnvelope> {
  const draft = draftP2P(message, options);
  const wrapped = await wrapForTargetsAsync(draft, options.cache);
  return finishP2P(draft, await sealEnvelopeAsync(draft, wrapped, options));
}

/**
 * {@link encryptGroup} as {@link encryptP2PAsync} does it.
 *
 * @throws {E2EEError} as {@link encryptP2P}, as a rejection
 */
export async function encryptGroupAsync(
  message: GroupMessage,
  options: EncryptOptions = {},
): Promise<GroupEnvelope> {
  const draft = draftGroup(message, options);
  const wrapped = await wrapForTargetsAsync(draft, options.cache);
  return finishGroup(draft, await sealEnvelopeAsync(draft, wrapped, options));
}

/** A copy, which stays as it is while an asynchronous form waits. */
function allTargets({ targets, auditTargets = [] }: MessageInput): readonly Target[] {
  return [...targets, ...auditTargets];
}

/** The half of {@link encryptP2P} before the wraps. */
export function draftP2P(message: P2PMessage, options: EncryptOptions): Draft {
  const { sender } = message;
  const all = allTargets(message);
  const to = all.find((target) => target.role !== Role.audit)?.aid;
  if (to === undefined) throw new E2EEError('V2: no target to encrypt to', { localCode: 'no_peer_target' });
  return draftEnvelope(
    message,
    all,
    options,
    (messageId, timestamp) =>
      ({
        from: sender.aid,
        from_device: sender.deviceId,
        to,
        message_id: messageId,
        timestamp,
        suite: SUITE,
        wrap_protocol: wrapProtocolOf(all),
      }) satisfies P2PAad,
    (aad) => p2pAadText(aad as JsonObject & P2PAad),
  );
}

/** The half of {@link encryptGroup} before the wraps. */
export function draftGroup(message: GroupMessage, options: EncryptOptions): Draft {
  const { sender, epoch } = message;
  requireInteger('epoch', epoch);
  const all = allTargets(message);
  if (all.length === 0) {
    throw new E2EEError('V2 group: no target to encrypt to', { localCode: 'no_group_targets' });
  }
  return draftEnvelope(
    message,
    all,
    options,
    (messageId, timestamp) =>
      ({
        from: sender.aid,
        from_device: sender.deviceId,
        group_id: normalizeGroupId(message.groupId),
        epoch,
        message_id: messageId,
        timestamp,
        suite: SUITE,
        wrap_protocol: wrapProtocolOf(all),
        state_commitment: {
          state_version: message.stateCommitment?.state_version ?? 0,
          state_hash: message.stateCommitment?.state_hash ?? '',
          state_chain: message.stateCommitment?.state_chain ?? '',
        },
      }) satisfies GroupAad,
  );
}

export function finishP2P(draft: Draft, base: EnvelopeBase): P2PEnvelope {
  return { type: P2P_ENVELOPE_TYPE, ...base, t_supplement: null, aad: draft.aad as JsonObject & P2PAad };
}

export function finishGroup(draft: Draft, base: EnvelopeBase): GroupEnvelope {
  const aad = draft.aad as JsonObject & GroupAad;
  return { type: GROUP_ENVELOPE_TYPE, ...base, group_id: aad.group_id, epoch: aad.epoch, aad };
}
