import { type Result, resultErr, resultOk } from 'aun-core';
import type { Certificate } from '../certificate/certificate.js';

/** Tolerated difference between clocks, in seconds (01 §3.2). */
export const DEFAULT_SKEW_SECONDS = 300;

export type ValidityErrorCode = 'certificate_expired' | 'certificate_not_yet_valid';

export interface ValidityOptions {
  /** Milliseconds since the epoch, or a Date. */
  readonly now: number | Date;
  /** Default 300. Use 0 where the specification allows no skew (01 §8.3, §13). */
  readonly skewSeconds?: number | undefined;
}

/** Is the certificate inside its validity, with clock skew? `what` names it in the error text. */
export function checkValidity(
  certificate: Certificate,
  options: ValidityOptions,
  what = 'certificate',
): Result<Certificate, ValidityErrorCode> {
  const now = Number(options.now);
  const skew = (options.skewSeconds ?? DEFAULT_SKEW_SECONDS) * 1000;
  const subject = certificate.commonName || certificate.fingerprint;
  if (now + skew < certificate.notBefore.getTime()) {
    return resultErr(
      'certificate_not_yet_valid',
      `${what} ${subject} is not valid before ${certificate.notBefore.toISOString()}`,
    );
  }
  if (now - skew > certificate.notAfter.getTime()) {
    return resultErr(
      'certificate_expired',
      `${what} ${subject} expired at ${certificate.notAfter.toISOString()}`,
    );
  }
  return resultOk(certificate);
}
