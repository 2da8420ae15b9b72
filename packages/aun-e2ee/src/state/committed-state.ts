import { isJsonObject } from 'aun-core';
import { integerOf, textOf } from '../wire.js';
import { snapshotHash } from './commitment.js';

/** A `group.get_state` answer (05 §10.2). */
export interface CommittedState {
  readonly stateVersion: number;
  readonly stateHash: string;
  readonly keyEpoch: number;
  readonly snapshot: string;
}

/** Reads `group.get_state`; missing members count as the unsigned state. */
export function readCommittedState(answer: unknown): CommittedState {
  const fields = isJsonObject(answer) ? answer : {};
  return {
    stateVersion: integerOf(fields.state_version),
    stateHash: textOf(fields.state_hash),
    keyEpoch: integerOf(fields.key_epoch),
    snapshot: textOf(fields.membership_snapshot),
  };
}

/** True when the state may be built upon: unsigned, or its hash follows from its snapshot (03 §12.3). */
export function verifyCommittedState(groupId: string, state: CommittedState): boolean {
  if (state.stateVersion <= 0) return true;
  if (state.stateHash === '' || state.snapshot === '') return false;
  return snapshotHash(groupId, state.stateVersion, state.snapshot) === state.stateHash;
}
