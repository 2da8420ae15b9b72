import type { Certificate } from '../certificate/certificate.js';
import { IssueError } from './issue-error.js';

const dayMs = 86_400_000;

/** Certificates start ten minutes ago: some SDKs know no clock skew (01 §3.3). */
const backdateMs = 600_000;

export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** From ten minutes ago for `days`, never outside the issuer's own validity; whole seconds. */
export function lifetime(nowMs: number, days: number, issuer?: Certificate): Lifetime {
  if (!Number.isFinite(days) || days <= 0) {
    throw new IssueError('invalid_request', `the validity must be a positive number of days, not ${days}`);
  }
  const notBefore = Math.max(floorSecond(nowMs - backdateMs), issuer?.notBefore.getTime() ?? 0);
  const wanted = floorSecond(nowMs + days * dayMs);
  const notAfter = Math.min(wanted, issuer?.notAfter.getTime() ?? wanted);
  if (notAfter <= Math.max(notBefore, nowMs - 1000)) {
    throw new IssueError(
      'issuer_unsuitable',
      `the issuing CA is no longer valid: ${issuer?.commonName ?? ''}`,
    );
  }
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

function floorSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
