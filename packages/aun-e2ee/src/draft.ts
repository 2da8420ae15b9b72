import {
  CanonicalJsonError,
  type Clock,
  canonicalJson,
  E2EEError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type RandomBytes,
} from 'aun-core';
import {
  aesGcmSeal,
  hexEncode,
  PrivateKey,
  randomBytes as platformRandom,
  utf8Encode,
  wipe,
} from 'aun-crypto';
import { MASTER_KEY_BYTES, NONCE_BYTES, SUITE } from './constants.js';
import { envelopeHeaders, type SdkIdentity } from './protected-headers.js';
import type { RecipientCache } from './recipient-cache.js';
import { checkKeys, type Target } from './target.js';
import { stringOf } from './wire.js';
import { wrapSalt } from './wrap.js';

/** Written into envelopes unless the caller says otherwise. */
export const DEFAULT_SDK: SdkIdentity = { lang: 'typescript', version: '0.1.0' };

/** The sending device. `identityKey` is the key of the AID's certificate, P-256. */
export interface Sender {
  readonly aid: string;
  /** May be `""`. */
  readonly deviceId: string;
  readonly identityKey: PrivateKey;
}

/** What every envelope is made from. */
export interface MessageInput {
  readonly sender: Sender;
  readonly targets: readonly Target[];
  /** Wrapped after `targets`. */
  readonly auditTargets?: readonly Target[];
  readonly payload: JsonValue;
  /** Default `m-` + 32 hex digits. */
  readonly messageId?: string;
  /** Unix ms; default now. */
  readonly timestamp?: number;
  /** Plain object or `ProtectedHeaders`; anything else gives no headers (03 §6). */
  readonly protectedHeaders?: unknown;
  /** Any JSON object; omitted when empty. */
  readonly context?: JsonObject | null;
}

/** Seams of 03 §0 and what makes repeated messages cheaper. */
export interface EncryptOptions {
  /**
   * Called in this order: master key 32, body nonce 12, session scalar 32, one nonce 12 per target; for a message
   * without `messageId` 16 more after the body nonce.
   */
  readonly random?: RandomBytes;
  readonly clock?: Pick<Clock, 'now'>;
  /** Written into the protected headers. */
  readonly sdk?: SdkIdentity;
  /** RFC 6979 nonces for the sender signature; default: the platform's random ones, but with `random` given these. */
  readonly deterministic?: boolean;
  /** Remembers static secrets between messages to the same devices. */
  readonly cache?: RecipientCache;
}

/** An envelope whose body is sealed and whose master key is not wrapped yet. Internal; holds secrets. */
export interface Draft {
  readonly sender: Sender;
  readonly targets: readonly Target[];
  /** Of the envelope; `""` = none. */
  readonly payloadType: string;
  /** Complete header body. */
  readonly headers: JsonObject;
  /** Shares nothing with the caller's. */
  readonly context: JsonObject | null;
  readonly masterKey: Uint8Array;
  readonly bodyNonce: Uint8Array;
  readonly sessionKey: PrivateKey;
  readonly sessionSpki: Uint8Array;
  readonly aad: JsonObject;
  readonly aadBytes: Uint8Array;
  readonly timestamp: number;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
  readonly salt: Uint8Array;
  readonly wrapNonces: readonly Uint8Array[];
}

/** Steps 1-7 of 03 §5.1. `makeAad` gets message id and timestamp; `aadText` is `canonicalJson` or does the same. */
export function draftEnvelope(
  input: MessageInput,
  targets: readonly Target[],
  options: EncryptOptions,
  makeAad: (messageId: string, timestamp: number) => JsonObject,
  aadText: (aad: JsonObject) => string = canonicalJson,
): Draft {
  // Everything a caller can get wrong is looked at before there are secrets, and nothing is looked at again later.
  checkKeys(input.sender.identityKey, targets);
  const { payload } = input;
  const headers = envelopeHeaders(input.protectedHeaders, payload, options.sdk ?? DEFAULT_SDK);
  const payloadType = payloadTypeText(payload);
  const context = isJsonObject(input.context) ? canonicalCopy('context', input.context) : null;
  const plaintext = canonicalBytes('payload', payload);
  const timestamp = input.timestamp ?? options.clock?.now() ?? Date.now();
  requireInteger('timestamp', timestamp);
  const draw = drawFrom(options.random, SECRET_BYTES + NONCE_BYTES * (targets.length + 1));
  const masterKey = draw(MASTER_KEY_BYTES);
  const bodyNonce = draw(NONCE_BYTES);
  const messageId = input.messageId ?? newMessageId(draw);
  const aad = makeAad(messageId, timestamp);
  const aadBytes = canonicalBytes('aad', aad, aadText);
  const { ciphertext, tag } = aesGcmSeal(masterKey, bodyNonce, plaintext, aadBytes);
  wipe(plaintext);
  const sessionKey = options.random === undefined ? PrivateKey.generate() : makeSessionKey(draw);
  const sessionSpki = sessionKey.publicKey.spki;
  return {
    sender: input.sender,
    targets,
    payloadType,
    headers,
    context,
    masterKey,
    bodyNonce,
    sessionKey,
    sessionSpki,
    aad,
    aadBytes,
    timestamp,
    ciphertext,
    tag,
    salt: wrapSalt(aadBytes, sessionSpki, SUITE),
    wrapNonces: targets.map(() => draw(NONCE_BYTES)),
  };
}

/** Master key and message id; the session key comes from the platform's generator. */
const SECRET_BYTES = MASTER_KEY_BYTES + 16;

/** `m-` and the 32 hex digits of a UUIDv4. */
function newMessageId(draw: RandomBytes): string {
  const bytes = draw(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return `m-${hexEncode(bytes)}`;
}

function makeSessionKey(draw: RandomBytes): PrivateKey {
  const drawn: Uint8Array[] = [];
  const random = (length: number) => {
    const bytes = draw(length);
    drawn.push(bytes);
    return bytes;
  };
  const key = PrivateKey.generate({ random });
  wipe(...drawn);
  return key;
}

/** Bytes that may be wiped after use: slices of one draw from the platform, or copies of what a caller injects. */
function drawFrom(random: RandomBytes | undefined, total: number): RandomBytes {
  return random === undefined ? pooledRandom(total) : (length) => random(length).slice();
}

/** Hands out slices of one draw from the platform: a call to its random source costs more than a message has bytes. */
function pooledRandom(total: number): RandomBytes {
  const pool = platformRandom(total);
  let offset = 0;
  return (length) => {
    if (offset + length > total) return platformRandom(length);
    offset += length;
    return pool.subarray(offset - length, offset);
  };
}

/** @throws {E2EEError} `timestamp_invalid` / `epoch_invalid` */
export function requireInteger(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new E2EEError(`${name} must be a non-negative integer`, { localCode: `${name}_invalid` });
}

/** String form of `payload.type` (03 §5.5); `""` when there is none. */
function payloadTypeText(payload: JsonValue): string {
  const type = isJsonObject(payload) ? payload.type : undefined;
  return type === null || type === undefined ? '' : (stringOf(type) ?? '');
}

/** A copy as its readers will parse it. */
function canonicalCopy(name: string, value: JsonObject): JsonObject {
  return JSON.parse(canonicalText(name, value, canonicalJson)) as JsonObject;
}

function canonicalBytes<T>(name: string, value: T, text: (value: T) => string = canonicalJson): Uint8Array {
  return utf8Encode(canonicalText(name, value, text));
}

function canonicalText<T>(name: string, value: T, text: (value: T) => string): string {
  try {
    return text(value);
  } catch (error) {
    if (!(error instanceof CanonicalJsonError)) throw error;
    throw new E2EEError(`${name} cannot be serialised: ${error.message}`, {
      localCode: `${name}_invalid`,
      cause: error,
    });
  }
}
