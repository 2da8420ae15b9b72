import { type Result, resultErr, resultOk } from 'aun-core';
import type { Certificate } from '../certificate/certificate.js';
import { parseCertificate } from '../certificate/parse-certificate.js';
import { isSignedBy } from '../chain/signature.js';
import { checkValidity } from '../chain/validity.js';
import type { VerifiedTrustList } from './verify-trust-list.js';

/**
 * May the root of an issuer (`https://pki.{issuer}/root.crt`) be imported: self-issued, self-signed, a CA, in date, and
 * among the active roots of a verified list (01 §5.3)? Code `issuer_root_refused` with the reason.
 */
export function verifyIssuerRoot(
  rootPem: string | Uint8Array,
  list: Pick<VerifiedTrustList, 'roots'>,
  options: { readonly now: number | Date },
): Result<Certificate, 'issuer_root_refused'> {
  const parsed = parseCertificate(rootPem);
  if (!parsed.ok) return refused(parsed.error.message);
  const root = parsed.data;
  if (!root.selfIssued || !isSignedBy(root, root)) return refused('it is not self-signed');
  if (!root.isCa) return refused('it is not a CA certificate');
  const valid = checkValidity(root, options, 'root');
  if (!valid.ok) return refused(valid.error.message);
  if (!list.roots.some(({ certificate }) => certificate.equals(root))) {
    return refused('its fingerprint is not among the active roots of the trust list');
  }
  return resultOk(root);
}

/** File name of a root in `CA/root/`: other characters than `[A-Za-z0-9_.-]` become `_` (01 §5.2, §5.3). */
export function rootFileName(id: string): string {
  const safe = id.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 120);
  return `${/^\.*$/.test(safe) ? `_${safe}` : safe}.crt`;
}

function refused(why: string) {
  return resultErr('issuer_root_refused', `the issuer root is refused: ${why}`);
}
