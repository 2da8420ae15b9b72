import { AUNError, E2EEError, e2eeRetryCodes, KeyStoreError, NotReadyError, RpcCode } from 'aun-core';

/** Failures of the recipient's side that time may cure: it never connected, or its keys cannot be had or verified. */
const CURABLE: ReadonlySet<string> = new Set([
  'no_devices',
  'no_usable_devices',
  'no_peer_target',
  'trusted_key_missing',
  // Until an agent connects again after a change of its key, its devices carry the old one.
  'spk_ik_mismatch',
]);

/**
 * Answers that a caller should not wait for, and a message in the outbox can: other gateways out of reach, a gateway
 * still starting up, recipients without devices or whose devices just changed (02 §18.3).
 */
const PASSING: ReadonlySet<number> = new Set([
  ...e2eeRetryCodes,
  RpcCode.federationConnectFailed,
  RpcCode.federationTimeout,
  -32013, // initialization_required
]);

/** Tries that a message gets at a server that fails inside, about ten minutes: perhaps it is this message that it fails at. */
const INTERNAL_ERRORS = 15;

/** Whether a send that failed so, after `failures` earlier ones, may succeed later; a `ttl` limits the patience. */
export const mayPass = (error: unknown, failures: number): boolean => {
  if (error instanceof KeyStoreError) return error.code !== 'invalid_argument';
  if (error instanceof E2EEError) return CURABLE.has(error.localCode);
  if (error instanceof NotReadyError) return true;
  if (!(error instanceof AUNError)) return false;
  if (error.code === RpcCode.internalError && !error.retryable) return failures < INTERNAL_ERRORS;
  return error.retryable || PASSING.has(error.code);
};
