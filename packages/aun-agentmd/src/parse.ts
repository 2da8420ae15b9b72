import { normalizeFingerprint } from 'aun-pki';
import { type AgentMdContent, toText } from './content.js';
import { findSignatureBlock } from './signature-block.js';

/** Members of a block as written, keys in lower case; at least the three required ones. */
export interface SignatureFields {
  readonly cert_fingerprint: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly public_key_fingerprint?: string;
  readonly [key: string]: string | undefined;
}

export interface ParsedAgentMd {
  /** The signed text: everything before the block, or the whole document when there is none. */
  readonly payload: string;
  /** `null` when the document is unsigned or its block is unusable. */
  readonly fields: SignatureFields | null;
  /** Why the block is unusable, e.g. `malformed signature block`; absent for signed and unsigned documents. */
  readonly parseError?: string;
}

const blockPattern = /^<!-- AUN-SIGNATURE\r?\n([\s\S]*?)\r?\n-->\s*$/;

/** The reason names the whole line; only one that no person wrote is cut. */
const maxReportedLine = 16_384;

/**
 * Splits a document into payload and signature block (09 §2.3). Only the last marker counts, and only at the start of a
 * line; a block that does not follow the form is an error, never "unsigned".
 *
 * @throws {CryptoError} `invalid_encoding` for bytes that are not UTF-8
 */
export function parseAgentMd(content: AgentMdContent): ParsedAgentMd {
  const text = toText(content);
  const at = findSignatureBlock(text);
  if (at < 0) return { payload: text, fields: null };
  const payload = text.slice(0, at);
  const body = blockPattern.exec(text.slice(at))?.[1];
  const fields = body === undefined ? 'malformed signature block' : readFields(body);
  return typeof fields === 'string' ? { payload, fields: null, parseError: fields } : { payload, fields };
}

/** The fields, or why they are unusable. The last of equal keys wins, unknown keys are kept. */
function readFields(body: string): SignatureFields | string {
  const fields = new Map<string, string>();
  for (const raw of body.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 0) return `malformed signature field: ${line.slice(0, maxReportedLine)}`;
    fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return judgeFields(fields);
}

function judgeFields(fields: ReadonlyMap<string, string>): SignatureFields | string {
  const certFingerprint = fields.get('cert_fingerprint') ?? '';
  const timestamp = fields.get('timestamp') ?? '';
  const signature = fields.get('signature') ?? '';
  if (certFingerprint === '') return 'signature block missing cert_fingerprint';
  if (timestamp === '') return 'signature block missing timestamp';
  if (signature === '') return 'signature block missing signature';
  if (normalizeFingerprint(certFingerprint) === '') return 'invalid cert_fingerprint';
  const publicKeyFingerprint = fields.get('public_key_fingerprint') ?? '';
  if (publicKeyFingerprint !== '' && normalizeFingerprint(publicKeyFingerprint) === '') {
    return 'invalid public_key_fingerprint';
  }
  if (!Number.isFinite(Number(timestamp))) return 'invalid timestamp';
  return { ...Object.fromEntries(fields), cert_fingerprint: certFingerprint, timestamp, signature };
}
