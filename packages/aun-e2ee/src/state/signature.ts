import {
  E2EEError,
  isJsonObject,
  normalizeGroupId,
  type Result,
  resultErr,
  resultOk,
  stableStringify,
} from 'aun-core';
import { base64Encode, type PrivateKey, type PublicKey, signDer, utf8Encode, verifyDer } from 'aun-crypto';
import { tryBase64 } from '../base64.js';
import { integerOf, textOf } from '../wire.js';
import { parseSnapshot, snapshotHash } from './commitment.js';
import { snapshotAdmins } from './snapshot.js';

/** What a state signature covers (03 §12.4). */
export interface SignedState {
  /** Any spelling. */
  readonly groupId: string;
  readonly stateVersion: number;
  readonly stateHash: string;
  /** Verbatim `membership_snapshot`. */
  readonly snapshot: string;
}

/** Text under a state signature (03 §12.4). */
export function stateSignPayload(state: SignedState): string {
  return stableStringify({
    group_id: normalizeGroupId(state.groupId),
    membership_snapshot: state.snapshot,
    state_hash: state.stateHash,
    state_version: state.stateVersion,
  });
}

/** Base64 of the DER signature of a state with the AID key. */
export function signState(
  state: SignedState,
  key: PrivateKey,
  options: { deterministic?: boolean } = {},
): string {
  return base64Encode(signDer(key, utf8Encode(stateSignPayload(state)), options));
}

/** True for a DER signature by `key`; a raw `r || s` is refused. */
export function verifyState(state: SignedState, signature: string, key: PublicKey): boolean {
  const der = tryBase64(signature);
  return der !== null && der.length > 0 && verifyDer(key, utf8Encode(stateSignPayload(state)), der);
}

/** The state members of a `group.v2.bootstrap` answer. */
export interface BootstrapState extends SignedState {
  readonly signature: string;
  readonly actorAid: string;
  readonly chain: string;
}

/** Reads the signed state of a bootstrap; `state_version` may come as text. */
export function bootstrapState(groupId: string, bootstrap: unknown): BootstrapState {
  const fields = isJsonObject(bootstrap) ? bootstrap : {};
  return {
    groupId: normalizeGroupId(groupId),
    stateVersion: integerOf(fields.state_version),
    stateHash: textOf(fields.state_hash_signed ?? fields.state_hash),
    snapshot: textOf(fields.state_membership_snapshot),
    signature: textOf(fields.state_signature),
    actorAid: textOf(fields.state_actor_aid),
    chain: textOf(fields.state_chain),
  };
}

/** True when there is a signature to be checked: a signed state of version 1 or more (03 §12.4). */
export function needsStateCheck(state: BootstrapState): boolean {
  return state.stateVersion > 0 && state.signature !== '' && state.actorAid !== '';
}

export interface StateTrust {
  /** Key of the actor's verified certificate. */
  readonly actorKey: PublicKey;
  /** Admins of the state before this one, when known: the actor must be one of them (hardening). */
  readonly previousAdmins?: readonly string[];
}

export type StateCheckCode = 'state_signature_invalid' | 'state_hash_mismatch' | 'state_actor_not_admin';

/**
 * Checks the state of a bootstrap before anything is sent to the group: `data` is `'skipped'` when there is nothing to
 * check. Beyond the signature the hash must follow from the snapshot, and the actor must have been an admin
 * (03 §12.4).
 */
export function checkBootstrapState(
  state: BootstrapState,
  trust: StateTrust,
): Result<'valid' | 'skipped', StateCheckCode> {
  if (!needsStateCheck(state)) return resultOk('skipped');
  const where = `group=${state.groupId} actor=${state.actorAid}`;
  if (!verifyState(state, state.signature, trust.actorKey)) {
    return resultErr('state_signature_invalid', `V2 state signature verification failed: ${where}`);
  }
  const recomputed = snapshotHash(state.groupId, state.stateVersion, state.snapshot);
  // The old form of a snapshot, a bare list of AIDs, has no hash of its own.
  if (parseSnapshot(state.snapshot) !== null && recomputed !== state.stateHash) {
    return resultErr('state_hash_mismatch', `V2 state signature verification failed (hash): ${where}`);
  }
  if (trust.previousAdmins !== undefined && !trust.previousAdmins.includes(state.actorAid)) {
    return resultErr('state_actor_not_admin', `V2 state signature verification failed (actor): ${where}`);
  }
  return resultOk('valid');
}

/** As {@link checkBootstrapState}, for callers that abort the send. @throws {E2EEError} */
export function requireBootstrapState(state: BootstrapState, trust: StateTrust): void {
  const checked = checkBootstrapState(state, trust);
  if (!checked.ok) throw new E2EEError(checked.error.message, { localCode: checked.error.code });
}

/** Admins that a snapshot text names, for {@link StateTrust.previousAdmins}; null when it is no object. */
export function adminsOfSnapshot(snapshot: string): readonly string[] | null {
  const object = parseSnapshot(snapshot);
  return object === null ? null : snapshotAdmins(object);
}
