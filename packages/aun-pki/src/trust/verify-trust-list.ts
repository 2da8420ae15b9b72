import { type JsonObject, JsonTextError, type JsonValue, type Result, resultErr, resultOk } from 'aun-core';
import type { PublicKey } from 'aun-crypto';
import { Certificate } from '../certificate/certificate.js';
import { parseCertificate } from '../certificate/parse-certificate.js';
import { checkValidity } from '../chain/validity.js';
import { trustListSignedText, verifyAuthoritySignature } from './authority-signature.js';
import {
  MAX_TRUST_LIST_CHARS,
  readTrustList,
  type TrustListDocument,
  type TrustListEntry,
} from './trust-list-document.js';

export type TrustListErrorCode =
  | 'trust_list_malformed'
  | 'trust_list_unsigned'
  | 'trust_list_authority_missing'
  | 'trust_list_signature_invalid'
  | 'trust_list_fingerprint'
  | 'trust_list_version'
  | 'trust_list_time'
  | 'trust_list_empty';

export interface TrustListOptions {
  /**
   * Key or certificate of the authority, from an argument or a pinned file. A key inside the list proves nothing and
   * is never used (01 §5.2, §21).
   */
  readonly authority?: PublicKey | Certificate | undefined;
  /** Accept without a signature; only for lists from a source trusted otherwise. */
  readonly allowUnsigned?: boolean | undefined;
  /** Version stored locally: an older list is refused. */
  readonly minVersion?: number | undefined;
  /** Milliseconds since the epoch, or a Date. */
  readonly now: number | Date;
}

export interface TrustedRoot {
  readonly id: string;
  readonly certificate: Certificate;
  readonly name: string;
  readonly organization: string;
  readonly crlUrl: string;
  readonly ocspUrl: string;
}

export interface VerifiedTrustList {
  readonly version: number;
  readonly issuedAt: Date;
  readonly nextUpdate: Date;
  /** Whether the authority's signature was checked. */
  readonly signed: boolean;
  readonly roots: readonly TrustedRoot[];
  /** Entries left out, with the reason, e.g. `status=retired`. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Verifies a trust list: signature of the pinned authority, times, version, fingerprints; keeps the active roots
 * (01 §5.2). Pass the text as received where there is one: numbers and duplicate keys are judged on it. An expired
 * `next_update` is not an error. A missing or wrong fingerprint refuses the whole list.
 */
export function verifyTrustList(
  list: string | JsonObject,
  options: TrustListOptions,
): Result<VerifiedTrustList, TrustListErrorCode> {
  const read = readList(list);
  if (!read.ok) return read;
  const { document, signedText } = read.data;
  const signature = checkSignature(document, signedText, options);
  if (!signature.ok) return signature;
  const current = checkCurrency(document, options);
  if (!current.ok) return current;
  return selectRoots(document, signature.data, options);
}

function readList(
  list: string | JsonObject,
): Result<{ document: TrustListDocument; signedText: string }, 'trust_list_malformed'> {
  if (typeof list === 'string' && list.length > MAX_TRUST_LIST_CHARS) {
    return resultErr('trust_list_malformed', `the trust list is too large: ${list.length} characters`);
  }
  try {
    const signedText = trustListSignedText(list);
    const json: JsonValue = typeof list === 'string' ? (JSON.parse(list) as JsonValue) : list;
    const document = readTrustList(json);
    return document.ok ? resultOk({ document: document.data, signedText }) : document;
  } catch (error) {
    if (!(error instanceof JsonTextError || error instanceof SyntaxError || error instanceof TypeError))
      throw error;
    return resultErr('trust_list_malformed', `the trust list is malformed: ${error.message}`, error);
  }
}

function checkSignature(
  document: TrustListDocument,
  signedText: string,
  options: TrustListOptions,
): Result<boolean, TrustListErrorCode> {
  if (
    options.allowUnsigned === true &&
    (document.authoritySignature === '' || options.authority === undefined)
  ) {
    return resultOk(false);
  }
  if (document.authoritySignature === '') {
    return resultErr('trust_list_unsigned', 'the trust list has no authority_signature');
  }
  if (options.authority === undefined) {
    return resultErr(
      'trust_list_authority_missing',
      'no authority key is given to verify the trust list with',
    );
  }
  const key = options.authority instanceof Certificate ? options.authority.publicKey : options.authority;
  return verifyAuthoritySignature(signedText, document.authoritySignature, key)
    ? resultOk(true)
    : resultErr('trust_list_signature_invalid', 'the authority_signature of the trust list does not verify');
}

function checkCurrency(
  document: TrustListDocument,
  options: TrustListOptions,
): Result<undefined, 'trust_list_time' | 'trust_list_version'> {
  if (document.issuedAt.getTime() > Number(options.now) + 300_000) {
    return resultErr(
      'trust_list_time',
      `the trust list was issued in the future: ${document.issuedAt.toISOString()}`,
    );
  }
  if (options.minVersion !== undefined && document.version < options.minVersion) {
    return resultErr(
      'trust_list_version',
      `the trust list has version ${document.version}, version ${options.minVersion} is already known`,
    );
  }
  return resultOk(undefined);
}

function selectRoots(
  document: TrustListDocument,
  signed: boolean,
  options: TrustListOptions,
): Result<VerifiedTrustList, 'trust_list_fingerprint' | 'trust_list_empty'> {
  const roots: TrustedRoot[] = [];
  const skipped: { id: string; reason: string }[] = [];
  for (const entry of document.entries) {
    const judged = judgeEntry(entry, options);
    if (judged.kind === 'refused') return resultErr('trust_list_fingerprint', judged.reason);
    if (judged.kind === 'root') roots.push(judged.root);
    else skipped.push({ id: entry.id, reason: judged.reason });
  }
  if (roots.length === 0) {
    return resultErr('trust_list_empty', 'the trust list has no usable active root');
  }
  const { version, issuedAt, nextUpdate } = document;
  return resultOk({ version, issuedAt, nextUpdate, signed, roots, skipped });
}

type EntryJudgement =
  | { readonly kind: 'root'; readonly root: TrustedRoot }
  | { readonly kind: 'skipped' | 'refused'; readonly reason: string };

function judgeEntry(entry: TrustListEntry, options: TrustListOptions): EntryJudgement {
  if (entry.status !== 'active') return { kind: 'skipped', reason: `status=${entry.status}` };
  const parsed = parseCertificate(entry.certificatePem);
  if (!parsed.ok) return { kind: 'skipped', reason: parsed.error.message };
  const certificate = parsed.data;
  if (certificate.fingerprint !== `sha256:${entry.fingerprint}`) {
    const why = entry.fingerprint === '' ? 'is missing or malformed' : 'does not match its certificate';
    return { kind: 'refused', reason: `fingerprint_sha256 of root ${entry.id} ${why}` };
  }
  if (!certificate.isCa) return { kind: 'skipped', reason: 'not a CA certificate' };
  const valid = checkValidity(certificate, { now: options.now }, 'root');
  if (!valid.ok) return { kind: 'skipped', reason: valid.error.message };
  const { id, name, organization, crlUrl, ocspUrl } = entry;
  return { kind: 'root', root: { id, certificate, name, organization, crlUrl, ocspUrl } };
}
