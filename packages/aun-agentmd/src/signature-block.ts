import { type AgentMdContent, toText } from './content.js';

/** Opening of the block; only the last one in a document counts (09 §2.3). */
export const SIGNATURE_MARKER = '<!-- AUN-SIGNATURE';

export interface SignatureBlockInput {
  /** `sha256:` and 64 hex digits over the certificate DER. */
  readonly certFingerprint: string;
  /** `sha256:` and 64 hex digits over the SPKI. */
  readonly publicKeyFingerprint?: string | undefined;
  /** Unix seconds. Not covered by the signature. */
  readonly timestamp: number;
  /** Base64 of the DER signature. */
  readonly signature: string;
}

/** The block as it is appended to a payload: single LF between lines, nothing after `-->` (09 §2.1). */
export function buildSignatureBlock(input: SignatureBlockInput): string {
  return [
    SIGNATURE_MARKER,
    `cert_fingerprint: ${input.certFingerprint}`,
    ...(input.publicKeyFingerprint === undefined
      ? []
      : [`public_key_fingerprint: ${input.publicKeyFingerprint}`]),
    `timestamp: ${input.timestamp}`,
    `signature: ${input.signature}`,
    '-->',
  ].join('\n');
}

/** Where the block begins, or −1: the last marker, if it stands at the start of a line (09 §2.2, §2.3). */
export function findSignatureBlock(text: string): number {
  const at = text.lastIndexOf(SIGNATURE_MARKER);
  return at <= 0 || endsLine(text, at - 1) ? at : -1;
}

/**
 * What will be signed: everything from the last line-start marker on is dropped, and a missing final line end is added
 * as one LF. Other bytes stay as they are (09 §2.2).
 */
export function normalizeAgentMdPayload(content: AgentMdContent): string {
  const text = toText(content);
  const at = findSignatureBlock(text);
  const payload = at < 0 ? text : text.slice(0, at);
  return payload === '' || endsLine(payload, payload.length - 1) ? payload : `${payload}\n`;
}

function endsLine(text: string, index: number): boolean {
  return text[index] === '\n' || text[index] === '\r';
}
