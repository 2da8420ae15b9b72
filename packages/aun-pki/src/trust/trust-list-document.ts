import { isJsonObject, type JsonObject, type JsonValue, type Result, resultErr, resultOk } from 'aun-core';
import { normalizeFingerprint } from '../certificate/fingerprint.js';

/** Largest accepted trust list in characters. */
export const MAX_TRUST_LIST_CHARS = 4 * 1024 * 1024;

const maxEntries = 1000;

/** One entry of a list, legacy spellings resolved, nothing judged (01 §5.2). */
export interface TrustListEntry {
  readonly id: string;
  readonly certificatePem: string;
  /** 64 hex digits, or `''` when missing or malformed. */
  readonly fingerprint: string;
  readonly status: string;
  readonly name: string;
  readonly organization: string;
  readonly crlUrl: string;
  readonly ocspUrl: string;
}

export interface TrustListDocument {
  readonly version: number;
  readonly issuedAt: Date;
  readonly nextUpdate: Date;
  readonly entries: readonly TrustListEntry[];
  /** As written, `''` when absent. */
  readonly authoritySignature: string;
}

export type TrustListFormatCode = 'trust_list_malformed';

/**
 * Reads the document and its legacy forms: `roots` for `root_cas`, `cert_pem` for `certificate`, `agentid`/`cert_sn` for
 * `id` (01 §5.2). A legacy list may lack version and times only when it has the `roots`/`count` shape.
 */
export function readTrustList(json: JsonValue): Result<TrustListDocument, TrustListFormatCode> {
  if (!isJsonObject(json)) return malformed('it must be a JSON object');
  const legacy = !Array.isArray(json.root_cas) && Array.isArray(json.roots);
  const list = legacy ? json.roots : json.root_cas;
  if (!Array.isArray(list)) return malformed('root_cas must be an array');
  if (list.length > maxEntries)
    return malformed(`root_cas has ${list.length} entries, at most ${maxEntries}`);
  const header = readHeader(json, legacy);
  if (!header.ok) return header;
  const entries: TrustListEntry[] = [];
  for (const [index, item] of list.entries()) {
    const entry = readEntry(item);
    if (entry === undefined) return malformed(`root_cas[${index}] must have an id and a certificate`);
    entries.push(entry);
  }
  return resultOk({ ...header.data, entries, authoritySignature: text(json.authority_signature) });
}

function readHeader(
  json: JsonObject,
  legacy: boolean,
): Result<Pick<TrustListDocument, 'version' | 'issuedAt' | 'nextUpdate'>, TrustListFormatCode> {
  const version = legacy && json.version === undefined ? 0 : json.version;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 0) {
    return malformed('version must be an integer of at least 0');
  }
  const epoch = '1970-01-01T00:00:00Z';
  const issuedAt = time(legacy ? (json.issued_at ?? epoch) : json.issued_at);
  if (issuedAt === undefined) return malformed('issued_at must be an ISO-8601 time');
  const nextUpdate = time(legacy ? (json.next_update ?? json.issued_at ?? epoch) : json.next_update);
  if (nextUpdate === undefined) return malformed('next_update must be an ISO-8601 time');
  if (nextUpdate < issuedAt) return malformed('next_update is before issued_at');
  return resultOk({ version, issuedAt, nextUpdate });
}

function readEntry(item: JsonValue): TrustListEntry | undefined {
  if (!isJsonObject(item)) return undefined;
  const id = text(item.id) || text(item.agentid) || text(item.cert_sn);
  const certificatePem = text(item.certificate) || text(item.cert_pem);
  if (id === '' || certificatePem === '') return undefined;
  const fingerprint = normalizeFingerprint(text(item.fingerprint_sha256));
  return {
    id,
    certificatePem,
    fingerprint: fingerprint.length === 64 ? fingerprint : '',
    status: (text(item.status) || 'active').trim().toLowerCase(),
    name: text(item.name),
    organization: text(item.organization),
    crlUrl: text(item.crl_url),
    ocspUrl: text(item.ocsp_url),
  };
}

const isoTime = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:?\d{2})?)?$/;

/** A time without zone counts as UTC. */
function time(value: JsonValue | undefined): Date | undefined {
  if (typeof value !== 'string' || !isoTime.test(value.trim())) return undefined;
  const trimmed = value.trim().replace(' ', 'T');
  const zoned =
    /[Zz]|[+-]\d{2}:?\d{2}$/.test(trimmed.slice(10)) || trimmed.length === 10 ? trimmed : `${trimmed}Z`;
  const date = new Date(zoned);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function malformed(why: string) {
  return resultErr('trust_list_malformed', `the trust list is malformed: ${why}`);
}
