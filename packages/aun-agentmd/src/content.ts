import { hexEncode, sha256, utf8Decode, utf8Encode } from 'aun-crypto';

/** A document as text or as its UTF-8 bytes. */
export type AgentMdContent = string | Uint8Array;

/**
 * Text of a document; a BOM and every line end stay (09 §2.1).
 *
 * @throws {CryptoError} `invalid_encoding` when the bytes are not well-formed UTF-8
 */
export function toText(content: AgentMdContent): string {
  return typeof content === 'string' ? content : utf8Decode(content);
}

export function toBytes(content: AgentMdContent): Uint8Array {
  return typeof content === 'string' ? utf8Encode(content) : content;
}

/**
 * Strong ETag of a complete document, signature block included: `"` + 64 hex digits of its SHA-256 + `"` (09 §3).
 *
 * @example
 * contentEtag(''); // '"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"'
 */
export function contentEtag(content: AgentMdContent): string {
  return `"${hexEncode(sha256(toBytes(content)))}"`;
}

/** An ETag header as it is compared: trimmed, without the weak mark that a proxy may have put on it (09 §3). */
export function strongEtag(header: string): string {
  return header.trim().replace(/^W\//, '');
}
