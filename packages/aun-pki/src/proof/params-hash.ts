import { stableStringify, stableStringifyJsonText } from 'aun-core';
import { hexEncode, sha256, utf8Encode } from 'aun-crypto';

/** Top-level members outside the signature: the signature itself and everything that begins with `_` (01 §15.1). */
function isUnsigned(key: string): boolean {
  return key === 'client_signature' || key.startsWith('_');
}

/** Canonical params of a client signature as JavaScript writes them (01 §15.2). */
export function canonicalParams(params: Readonly<Record<string, unknown>>): string {
  return stableStringify(Object.fromEntries(Object.entries(params).filter(([key]) => !isUnsigned(key))));
}

/** `params_hash` of params about to be sent: 64 hex digits (01 §15.1). */
export function clientSignatureParamsHash(params: Readonly<Record<string, unknown>>): string {
  return hash(canonicalParams(params));
}

/** Canonical params from the raw text of a params object: number lexemes stay as they were sent (01 §15.2). */
export function canonicalParamsOfText(paramsJson: string, keyOrder: 'utf16' | 'codepoint' = 'utf16'): string {
  return stableStringifyJsonText(paramsJson, { omitTopLevel: isUnsigned, keyOrder });
}

/**
 * Every `params_hash` that one of the public SDKs may compute for these wire params: keys sorted by UTF-16 unit or by
 * code point, and Go's way to escape some characters (01 §15.2). Usually one value.
 *
 * @throws {JsonTextError} for malformed JSON or duplicate keys
 */
export function wireParamsHashes(paramsJson: string): ReadonlySet<string> {
  const texts = new Set<string>();
  for (const order of ['utf16', 'codepoint'] as const) {
    const text = canonicalParamsOfText(paramsJson, order);
    texts
      .add(text)
      .add(goLineSeparators(text))
      .add(goControls(goLineSeparators(text)));
  }
  return new Set([...texts].map(hash));
}

function goLineSeparators(text: string): string {
  return text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** Older Go runtimes know no `\b` and `\f`. An escaped backslash is consumed first and kept. */
function goControls(text: string): string {
  return text.replace(/\\[\\bf]/g, (sequence) => {
    if (sequence === '\\b') return '\\u0008';
    return sequence === '\\f' ? '\\u000c' : sequence;
  });
}

function hash(text: string): string {
  return hexEncode(sha256(utf8Encode(text)));
}
