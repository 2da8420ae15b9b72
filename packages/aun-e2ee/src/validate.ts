/**
 * What a gateway checks without keys (03 §9). This entry point contains no decryption code.
 *
 * @module
 */

export type { MerkleStep, RecipientObject, RecipientRow } from './envelope.js';
export * from './legacy.js';
export {
  compareRecipients,
  type RecipientTree,
  recipientProof,
  recipientsDigest,
  recipientTree,
  verifyRecipientProof,
} from './merkle.js';
export { perDeviceText, sharedBodyText, toPerDeviceForm } from './per-device.js';
export { recipientObject } from './row.js';
export { keyIdOf } from './spki.js';
export {
  nextStateChain,
  parseSnapshot,
  snapshotHash,
  stateHash,
} from './state/commitment.js';
export { type MembershipView, membershipView } from './state/membership.js';
export { type SignedState, stateSignPayload, verifyState } from './state/signature.js';
export { snapshotAdmins, snapshotMembers } from './state/snapshot.js';
export * from './validate/coverage.js';
export type { FreshnessWindow } from './validate/fields.js';
export * from './validate/group.js';
export {
  type P2PContext,
  type ValidP2PEnvelope,
  validateP2PEnvelope,
  versionFault,
} from './validate/p2p.js';
export * from './validate/prekey-upload.js';
export { MAX_P2P_ROWS } from './validate/rows.js';
export { E2eeRpcCode, type RpcFault, type Verdict } from './validate/verdict.js';
export { answerWrapPolicy, type WrapPolicyAnswer, type WrapPolicySetting } from './wrap-policy.js';
