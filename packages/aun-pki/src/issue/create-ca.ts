import { systemClock } from 'aun-core';
import { CryptoError, PrivateKey, randomBytes } from 'aun-crypto';
import { assertAuthority, type CertificateAuthority, type IssueEnvironment } from './authority.js';
import { buildCertificate } from './build-certificate.js';
import { IssueError } from './issue-error.js';
import { lifetime } from './lifetime.js';
import { caExtensions } from './profiles.js';
import { newSerial } from './serial.js';

export interface CaOptions extends IssueEnvironment {
  /** e.g. `Example AUN Root`; for an issuer CA the issuer domain itself, `example.test` (01 §3.1). */
  readonly commonName: string;
  readonly organization?: string | undefined;
  /** Default P-384. */
  readonly curve?: 'P-256' | 'P-384' | undefined;
  /** An existing key instead of a new one; its curve wins. */
  readonly privateKey?: PrivateKey | undefined;
  readonly validityDays?: number | undefined;
  /** Most CA certificates below this one. */
  readonly pathLength?: number | undefined;
}

export interface IntermediateCaOptions extends CaOptions {
  /** `registry` may issue issuer CAs (path length 1), `issuer` only leaves (path length 0). Default `issuer`. */
  readonly role?: 'registry' | 'issuer' | undefined;
}

/**
 * A self-signed root (01 §3.3): P-384, path length 2, 30 years.
 *
 * @throws {IssueError}
 * @example
 * const root = await createRootCa({ commonName: 'Example AUN Root', organization: 'Example' });
 */
export async function createRootCa(options: CaOptions): Promise<CertificateAuthority> {
  assertName(options.commonName);
  const privateKey = options.privateKey ?? newKey(options);
  const nowMs = (options.clock ?? systemClock).now();
  const certificate = await buildCertificate({
    serialHex: newSerial(options.random),
    subject: options,
    issuer: undefined,
    ...lifetime(nowMs, options.validityDays ?? 30 * 365),
    publicKey: privateKey.publicKey,
    signer: privateKey,
    extensions: await caExtensions(privateKey.publicKey, options.pathLength ?? 2),
  });
  return { certificate, privateKey };
}

/**
 * A Registry or Issuer CA below another CA (01 §3.1, §3.3): P-384, 10 years, never longer than its parent.
 *
 * @throws {IssueError}
 */
export async function createIntermediateCa(
  parent: CertificateAuthority,
  options: IntermediateCaOptions,
): Promise<CertificateAuthority> {
  assertAuthority(parent);
  assertName(options.commonName);
  const pathLength = options.pathLength ?? (options.role === 'registry' ? 1 : 0);
  const allowed = parent.certificate.pathLength;
  if (allowed !== undefined && pathLength >= allowed) {
    throw new IssueError(
      'issuer_unsuitable',
      `${parent.certificate.commonName} (path length ${allowed}) cannot issue a CA with path length ${pathLength}`,
    );
  }
  const privateKey = options.privateKey ?? newKey(options);
  const nowMs = (options.clock ?? systemClock).now();
  const certificate = await buildCertificate({
    serialHex: newSerial(options.random),
    subject: options,
    issuer: parent.certificate,
    ...lifetime(nowMs, options.validityDays ?? 10 * 365, parent.certificate),
    publicKey: privateKey.publicKey,
    signer: parent.privateKey,
    extensions: await caExtensions(privateKey.publicKey, pathLength, parent.certificate.subjectKeyId),
  });
  return { certificate, privateKey };
}

function newKey(options: CaOptions): PrivateKey {
  const random = options.random ?? randomBytes;
  if (options.curve === 'P-256') return PrivateKey.generate({ random });
  for (let draws = 0; draws < 16; draws += 1) {
    try {
      return PrivateKey.fromScalar(random(48), 'P-384');
    } catch (error) {
      // The draw was not below the group order: take another one.
      if (!(error instanceof CryptoError && error.code === 'invalid_private_key')) throw error;
    }
  }
  throw new CryptoError('random_failed', 'the random source never returned a valid scalar');
}

function assertName(commonName: string): void {
  if (commonName.trim() === '' || commonName.length > 64) {
    throw new IssueError('invalid_request', 'commonName must have 1 to 64 characters');
  }
}
