import type { Clock, RandomBytes } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import type { Certificate } from '../certificate/certificate.js';
import { IssueError } from './issue-error.js';

/** A CA certificate together with its key. */
export interface CertificateAuthority {
  readonly certificate: Certificate;
  readonly privateKey: PrivateKey;
}

/** Where issuing takes time and randomness from; defaults are the system's. */
export interface IssueEnvironment {
  readonly clock?: Pick<Clock, 'now'> | undefined;
  readonly random?: RandomBytes | undefined;
}

/** @throws {IssueError} `issuer_unsuitable` */
export function assertAuthority(ca: CertificateAuthority): void {
  const name = ca.certificate.commonName;
  if (!ca.certificate.isCa) throw new IssueError('issuer_unsuitable', `${name} is not a CA certificate`);
  if (!ca.certificate.publicKey.equals(ca.privateKey.publicKey)) {
    throw new IssueError(
      'issuer_unsuitable',
      `the private key does not belong to the certificate of ${name}`,
    );
  }
  if (ca.certificate.subjectKeyId === undefined) {
    throw new IssueError('issuer_unsuitable', `${name} has no subject key identifier`);
  }
}
