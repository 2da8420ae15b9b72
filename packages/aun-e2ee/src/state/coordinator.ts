import { type JsonObject, normalizeGroupId } from 'aun-core';
import type { PrivateKey, PublicKey } from 'aun-crypto';
import { groupBootstrapParams } from '../build-targets.js';
import { readCommittedState } from './committed-state.js';
import { isConfirmable, type Proposal, planProposal, readProposal } from './proposal.js';
import { verifyState } from './signature.js';
import { isAdminRole, readMembers } from './snapshot.js';

/** Longest wait for another admin's proposal to be confirmed by the server, ms (03 §12.3). */
const MAX_PROPOSAL_WAIT_MS = 35_000;
const PROPOSAL_WAIT_MARGIN_MS = 500;

/** What proposing and confirming need from the client. */
export interface StateCoordinatorDeps {
  readonly selfAid: string;
  readonly identityKey: PrivateKey;
  /** Sends one RPC; rejects with the remote error. */
  readonly call: (method: string, params: JsonObject) => Promise<unknown>;
  /** Unix ms. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /**
   * Key of the certificate of a proposal's actor, to check its signature before confirming (hardening). Without it, or
   * when it gives null, the signature is not checked.
   */
  readonly actorKey?: (aid: string) => Promise<PublicKey | null>;
}

export type ProposeOutcome =
  | { readonly kind: 'confirmed'; readonly snapshot: string }
  | { readonly kind: 'skipped'; readonly reason: string };

/**
 * Proposes and confirms the current membership as the next state (03 §12.3). The caller serialises runs per group,
 * remembers the returned snapshot as `lastSnapshot` and only logs a rejection.
 */
export async function proposeGroupState(
  deps: StateCoordinatorDeps,
  group: string,
  lastSnapshot?: string,
): Promise<ProposeOutcome> {
  const groupId = normalizeGroupId(group);
  const members = readMembers(await deps.call('group.get_members', { group_id: groupId }));
  const own = members.find(({ aid }) => aid === deps.selfAid);
  if (own === undefined || !isAdminRole(own.role)) return { kind: 'skipped', reason: 'not_admin' };
  if (await settlePending(deps, groupId)) return { kind: 'skipped', reason: 'confirmed_pending' };
  const bootstrap = await deps.call('group.v2.bootstrap', groupBootstrapParams(groupId));
  const state = readCommittedState(await deps.call('group.get_state', { group_id: groupId }));
  const { identityKey } = deps;
  const plan = planProposal({ groupId, members, bootstrap, state, identityKey, lastSnapshot });
  if (plan.kind === 'skip') return { kind: 'skipped', reason: plan.reason };
  const proposalId = proposalIdOf(await deps.call('group.v2.propose_state', plan.params));
  if (proposalId === '') return { kind: 'skipped', reason: 'no_proposal_id' };
  await deps.call('group.v2.confirm_state', { proposal_id: proposalId });
  return { kind: 'confirmed', snapshot: plan.params.membership_snapshot };
}

function proposalIdOf(answer: unknown): string {
  const id = (answer as { proposal_id?: unknown } | null)?.proposal_id;
  return typeof id === 'string' ? id : '';
}

/** True when a pending proposal of somebody was confirmed; otherwise its timer has run out by now. */
async function settlePending(deps: StateCoordinatorDeps, groupId: string): Promise<boolean> {
  const proposal = readProposal(await deps.call('group.v2.get_proposal', { group_id: groupId }));
  if (proposal === null) return false;
  if (await confirmProposal(deps, groupId, proposal)) return true;
  const remaining = proposal.autoConfirmAt - deps.now();
  if (remaining > 0) await deps.wait(Math.min(remaining + PROPOSAL_WAIT_MARGIN_MS, MAX_PROPOSAL_WAIT_MS));
  return false;
}

/** Confirms the pending proposal of a group if it stands on the committed state; true when it did (03 §12.3). */
export async function confirmPendingState(deps: StateCoordinatorDeps, group: string): Promise<boolean> {
  const groupId = normalizeGroupId(group);
  const proposal = readProposal(await deps.call('group.v2.get_proposal', { group_id: groupId }));
  return proposal !== null && confirmProposal(deps, groupId, proposal);
}

async function confirmProposal(
  deps: StateCoordinatorDeps,
  groupId: string,
  proposal: Proposal,
): Promise<boolean> {
  const state = readCommittedState(await deps.call('group.get_state', { group_id: groupId }));
  if (!isConfirmable(groupId, proposal, state)) return false;
  if (!(await isSigned(deps, groupId, proposal))) return false;
  await deps.call('group.v2.confirm_state', { proposal_id: proposal.proposalId });
  return true;
}

async function isSigned(deps: StateCoordinatorDeps, groupId: string, proposal: Proposal): Promise<boolean> {
  if (deps.actorKey === undefined || proposal.actorAid === '') return true;
  const key = await deps.actorKey(proposal.actorAid);
  if (key === null) return true;
  const { stateVersion, stateHash, snapshot, signature } = proposal;
  return verifyState({ groupId, stateVersion, stateHash, snapshot }, signature, key);
}
