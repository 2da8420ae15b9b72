import {
  CanonicalJsonError,
  canonicalJson,
  E2EEError,
  isJsonObject,
  type JsonObject,
  ValidationError,
} from 'aun-core';
import { jsonOf } from '../rpc/validation.js';

const MESSAGE_ID_MAX = 128;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/;

const refuse = (field: string, message: string): never => {
  throw new ValidationError(message, { data: { field } });
};

/**
 * When a message stored at `now` is given up, in Unix ms; null: never.
 * @throws {ValidationError} naming `ttl`
 */
export const expiryOf = (ttlS: unknown, now: number): number | null => {
  if (ttlS === null || ttlS === undefined) return null;
  if (typeof ttlS !== 'number' || !(ttlS > 0)) return refuse('ttl', 'ttl must be a number of seconds > 0');
  const expiresAt = now + Math.ceil(ttlS * 1_000);
  return Number.isSafeInteger(expiresAt) ? expiresAt : refuse('ttl', 'ttl is too long: leave it out');
};

/**
 * A prepared `message.send` as it is stored. What would be refused when it is sent, perhaps days later, is refused
 * now, and what is encrypted later is what the message holds now.
 * @throws {ValidationError} naming `message_id`; {E2EEError} as encrypting would throw it; {SerializationError} for
 * what is no JSON
 */
export const durableParams = (params: JsonObject): JsonObject => {
  checkMessageId(params.message_id);
  const stored = params.encrypt === false ? params : asOutgoing(params);
  jsonOf('params', stored);
  return stored;
};

const asOutgoing = (params: JsonObject): JsonObject => {
  const { timestamp, context } = params;
  if (typeof timestamp === 'number' && !(Number.isSafeInteger(timestamp) && timestamp >= 0)) {
    throw new E2EEError('timestamp must be a non-negative integer', { localCode: 'timestamp_invalid' });
  }
  return {
    ...params,
    payload: asEncrypted('payload', params.payload),
    ...(isJsonObject(context) ? { context: asEncrypted('context', context) } : {}),
  };
};

/** The server's rules (04 §1.2), so that a message waits for nothing it cannot become. */
const checkMessageId = (id: unknown): void => {
  if (id === undefined || id === null) return;
  const fault = messageIdFault(id);
  if (fault !== null) refuse('message_id', `message_id ${fault}`);
};

const messageIdFault = (id: unknown): string | null => {
  if (typeof id !== 'string') return 'must be a string';
  if (id === '') return 'must not be empty';
  if (id.length > MESSAGE_ID_MAX) return `must have at most ${MESSAGE_ID_MAX} characters`;
  return CONTROL_CHARACTERS.test(id) ? 'must not contain control characters' : null;
};

/** A value as the receiver of the encrypted message would read it (03 §1.3). */
const asEncrypted = (name: string, value: unknown): JsonObject => {
  try {
    return JSON.parse(canonicalJson(value)) as JsonObject;
  } catch (error) {
    if (!(error instanceof CanonicalJsonError)) throw error;
    throw new E2EEError(`${name} cannot be serialised: ${error.message}`, {
      localCode: `${name}_invalid`,
      cause: error,
    });
  }
};
