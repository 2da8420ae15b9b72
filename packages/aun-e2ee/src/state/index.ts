export * from './classic.js';
export {
  nextStateChain,
  parseSnapshot,
  snapshotHash,
  sortStatePayload,
  stateHash,
} from './commitment.js';
export { type CommittedState, readCommittedState, verifyCommittedState } from './committed-state.js';
export * from './coordinator.js';
export * from './fork.js';
export * from './leader.js';
export * from './membership.js';
export * from './proposal.js';
export * from './signature.js';
export * from './snapshot.js';
export * from './tampering.js';
export { VerifiedStates } from './verified-states.js';
