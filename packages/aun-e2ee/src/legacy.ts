import { isJsonObject } from 'aun-core';
import { ENVELOPE_VERSION, GROUP_ENVELOPE_TYPE, P2P_ENVELOPE_TYPE } from './constants.js';

/**
 * What a payload is (03 §14): a V2 envelope, something encrypted that this version neither stores nor decrypts
 * (`legacy`), or plaintext.
 */
export type PayloadKind = 'p2p_v2' | 'group_v2' | 'legacy' | 'plain';

/** Recognises a payload by `type` and `version`. Any JSON value is safe. */
export function payloadKind(payload: unknown): PayloadKind {
  const type = isJsonObject(payload) ? payload.type : undefined;
  if (typeof type !== 'string' || !type.startsWith('e2ee.')) return 'plain';
  if (!isJsonObject(payload) || payload.version !== ENVELOPE_VERSION) return 'legacy';
  if (type === P2P_ENVELOPE_TYPE) return 'p2p_v2';
  return type === GROUP_ENVELOPE_TYPE ? 'group_v2' : 'legacy';
}

/** Splits a row's `<group_id> NUL <spk_id>` at the first NUL; other ids come back unchanged (03 §2). */
export function splitCompositeSpkId(spkId: string): { readonly groupId: string; readonly spkId: string } {
  const nul = spkId.indexOf('\0');
  return nul < 0 ? { groupId: '', spkId } : { groupId: spkId.slice(0, nul), spkId: spkId.slice(nul + 1) };
}
