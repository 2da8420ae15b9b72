/**
 * Why an envelope was not opened (03 §8.1, §15). `not_recipient` and `merkle_proof_invalid` are silent: the message is
 * dropped without an event. `aad_mismatch` is the only check the public SDKs don't make.
 */
export const decryptCodes = [
  'sender_signature_invalid',
  'aad_invalid',
  'recipients_digest_mismatch',
  'not_recipient',
  'merkle_proof_invalid',
  'spk_missing',
  'session_key_invalid',
  'wrapped_key_too_short',
  'wrap_key_decrypt_failed',
  'protected_headers_invalid',
  'context_invalid',
  'body_decrypt_failed',
  'payload_not_json',
  'aad_mismatch',
] as const;
export type DecryptCode = (typeof decryptCodes)[number];

/** True for the two outcomes that are no error: the message is simply not for this device (03 §8.1 4b-4d). */
export function isSilentDecryptCode(code: DecryptCode): boolean {
  return code === 'not_recipient' || code === 'merkle_proof_invalid';
}

/** Why a device row of a bootstrap is refused (03 §4.5, §15). */
export const deviceRowCodes = [
  'spk_aid_missing',
  'spk_key_source_invalid',
  'spk_public_key_missing',
  'spk_id_mismatch',
  'spk_ik_mismatch',
  'spk_signature_missing',
  'spk_signature_invalid_base64',
  'spk_timestamp_missing',
  'spk_timestamp_invalid',
  'spk_signature_invalid',
] as const;
export type DeviceRowCode = (typeof deviceRowCodes)[number];

/** Why no target set could be built: a device row code, or nobody to encrypt to (03 §4.4). */
export type TargetCode =
  | DeviceRowCode
  | 'no_devices'
  | 'no_usable_devices'
  | 'no_peer_target'
  | 'no_group_devices'
  | 'no_group_targets'
  | 'trusted_key_missing';

/** Local code of `V2 group: no target devices`, raised when a cached bootstrap was used (03 §4.4). */
export const NO_GROUP_TARGETS_RPC_CODE = -33054;
