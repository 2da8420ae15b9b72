import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Result,
  resultErr,
  resultOk,
} from 'aun-core';
import { type PublicKey, utf8Encode } from 'aun-crypto';
import { tryBase64, tryHex } from './base64.js';
import type { DecryptCode } from './codes.js';
import { signInput } from './wrap.js';

/** The parts of an envelope that its signature covers, decoded, and the signature itself. */
export interface SignedParts {
  readonly envelope: JsonObject;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
  readonly aadBytes: Uint8Array;
  readonly digest: string;
  /** What {@link signature} is over. */
  readonly input: Uint8Array;
  readonly signature: Uint8Array;
}

/** Steps 1-3 of 03 §8.1 up to the verification, which the caller makes. */
export function readSignedParts(envelope: unknown, senderKey: PublicKey): Result<SignedParts, DecryptCode> {
  const fields: JsonObject = isJsonObject(envelope) ? envelope : {};
  const { sender_signature: signature, ciphertext, tag, recipients_digest: digest, aad } = fields;
  if (typeof signature !== 'string' || typeof ciphertext !== 'string') return badSignature();
  if (typeof tag !== 'string' || typeof digest !== 'string') return badSignature();
  const aadBytes = canonicalBytes(aad);
  if (aadBytes === null) return resultErr('aad_invalid', 'aad_invalid: aad has no canonical JSON form');
  const parts = { signature: tryBase64(signature), ciphertext: tryBase64(ciphertext), tag: tryBase64(tag) };
  const digestBytes = tryHex(digest);
  if (parts.signature === null || parts.ciphertext === null || parts.tag === null || digestBytes === null) {
    return badSignature();
  }
  if (senderKey.curve !== 'P-256') return badSignature();
  return resultOk({
    envelope: fields,
    ciphertext: parts.ciphertext,
    tag: parts.tag,
    aadBytes,
    digest,
    input: signInput(parts.ciphertext, parts.tag, aadBytes, digestBytes),
    signature: parts.signature,
  });
}

export function badSignature(): Result<never, DecryptCode> {
  return resultErr('sender_signature_invalid', 'sender_signature verification failed');
}

function canonicalBytes(aad: JsonValue | undefined): Uint8Array | null {
  try {
    return utf8Encode(canonicalJson(aad));
  } catch {
    // Missing, unsafe numbers, or nested beyond reason: all one code.
    return null;
  }
}
