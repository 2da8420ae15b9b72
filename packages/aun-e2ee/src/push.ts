import { isJsonObject, type JsonObject, tryParseJson } from 'aun-core';
import { ENVELOPE_VERSION, P2P_ENVELOPE_TYPE } from './constants.js';

const companions = ['nonce', 'tag', 'recipient', 'recipients', 'wrapped_key', 'recipients_digest'] as const;
const yes = new Set<unknown>([true, 1, 'true', '1', 'yes', 'on']);

/** The object a push carries: `payload`, else the parsed `envelope_json`; null when there is none. */
export function pushEnvelope(message: JsonObject): JsonObject | null {
  if (isJsonObject(message.payload)) return message.payload;
  const parsed = typeof message.envelope_json === 'string' ? tryParseJson(message.envelope_json) : undefined;
  return isJsonObject(parsed) ? parsed : null;
}

/** True when a raw push carries something encrypted and must not reach the application as it is (03 §8.3). */
export function isEncryptedPush(message: unknown): boolean {
  if (!isJsonObject(message)) return false;
  if (yes.has(typeof message.encrypted === 'string' ? message.encrypted.toLowerCase() : message.encrypted))
    return true;
  const parsed = typeof message.envelope_json === 'string' ? tryParseJson(message.envelope_json) : undefined;
  return [message.payload, parsed].some(looksEncrypted);
}

function looksEncrypted(payload: unknown): boolean {
  if (!isJsonObject(payload)) return false;
  if (typeof payload.type === 'string' && payload.type.startsWith('e2ee.')) return true;
  if (typeof payload.ciphertext !== 'string' || payload.ciphertext === '') return false;
  return companions.some((name) => payload[name] !== undefined && payload[name] !== null);
}

/**
 * True when a push can be decrypted in place: a P2P envelope, or version `v2` with an `e2ee.` type (03 §8.3). The type of
 * group envelopes alone says nothing: version 1 had it too (03 §14).
 */
export function isDecryptablePush(envelope: JsonObject): boolean {
  const { type, version } = envelope;
  if (type === P2P_ENVELOPE_TYPE) return true;
  return version === ENVELOPE_VERSION && typeof type === 'string' && type.startsWith('e2ee.');
}
