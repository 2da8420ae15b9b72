import { isJsonObject, type JsonObject, normalizeGroupId } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import { integerOf, textOf } from '../wire.js';
import { snapshotHash, stateHash } from './commitment.js';
import { type CommittedState, verifyCommittedState } from './committed-state.js';
import { signState } from './signature.js';
import { buildStatePayload, type GroupMember, membershipSnapshot } from './snapshot.js';

export const PROPOSAL_REASON = 'membership_changed';
export const AUTO_CONFIRM_SECONDS = 30;

/** Params of `group.v2.propose_state` without the usual group members (03 §12.3). */
export type ProposeStateParams = {
  readonly group_id: string;
  readonly state_version: number;
  readonly key_epoch: number;
  readonly state_hash: string;
  readonly prev_state_hash: string;
  readonly membership_snapshot: string;
  readonly signature: string;
  readonly reason: string;
  readonly auto_confirm_seconds: number;
};

export interface ProposalInput {
  readonly groupId: string;
  /** `group.get_members`, in its order. */
  readonly members: readonly GroupMember[];
  /** `group.v2.bootstrap` answer. */
  readonly bootstrap: unknown;
  readonly state: CommittedState;
  readonly identityKey: PrivateKey;
  /** Snapshot of the last own proposal. */
  readonly lastSnapshot?: string | undefined;
}

export type ProposalPlan =
  | { readonly kind: 'propose'; readonly params: ProposeStateParams }
  | { readonly kind: 'skip'; readonly reason: 'base_not_verified' | 'unchanged' };

/** The next state of a group, signed; or why there is nothing to propose (03 §12.3). */
export function planProposal(input: ProposalInput): ProposalPlan {
  const groupId = normalizeGroupId(input.groupId);
  const { state } = input;
  if (!verifyCommittedState(groupId, state)) return { kind: 'skip', reason: 'base_not_verified' };
  const payload = buildStatePayload(input.members, input.bootstrap);
  const snapshot = membershipSnapshot(payload);
  if (snapshot === state.snapshot || snapshot === input.lastSnapshot)
    return { kind: 'skip', reason: 'unchanged' };
  const stateVersion = Math.max(0, state.stateVersion) + 1;
  const hash = stateHash(groupId, stateVersion, payload);
  const signature = signState({ groupId, stateVersion, stateHash: hash, snapshot }, input.identityKey);
  const params = {
    group_id: groupId,
    state_version: stateVersion,
    key_epoch: state.keyEpoch,
    state_hash: hash,
    prev_state_hash: state.stateHash,
    membership_snapshot: snapshot,
    signature,
    reason: PROPOSAL_REASON,
    auto_confirm_seconds: AUTO_CONFIRM_SECONDS,
  };
  return { kind: 'propose', params };
}

/** The pending proposal of a `group.v2.get_proposal` answer. */
export interface Proposal {
  readonly proposalId: string;
  readonly stateVersion: number;
  readonly stateHash: string;
  readonly prevStateHash: string;
  readonly snapshot: string;
  readonly signature: string;
  readonly actorAid: string;
  /** Unix ms; 0 when absent. */
  readonly autoConfirmAt: number;
}

/** Reads `group.v2.get_proposal`; null when none is pending. */
export function readProposal(answer: unknown): Proposal | null {
  const proposal: JsonObject | null =
    isJsonObject(answer) && isJsonObject(answer.proposal) ? answer.proposal : null;
  const proposalId = textOf(proposal?.proposal_id);
  if (proposal === null || proposalId === '') return null;
  return {
    proposalId,
    stateVersion: integerOf(proposal.state_version),
    stateHash: textOf(proposal.state_hash),
    prevStateHash: textOf(proposal.prev_state_hash),
    snapshot: textOf(proposal.membership_snapshot),
    signature: textOf(proposal.signature),
    actorAid: textOf(proposal.actor_aid),
    autoConfirmAt: integerOf(proposal.auto_confirm_at),
  };
}

/** True when an admin may confirm somebody else's proposal on top of this state (03 §12.3). */
export function isConfirmable(groupId: string, proposal: Proposal, state: CommittedState): boolean {
  return (
    proposal.stateVersion > state.stateVersion &&
    verifyCommittedState(groupId, state) &&
    proposal.stateVersion === state.stateVersion + 1 &&
    proposal.prevStateHash === state.stateHash &&
    snapshotHash(groupId, proposal.stateVersion, proposal.snapshot) === proposal.stateHash
  );
}
