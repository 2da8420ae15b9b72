import { ErrorCodes, type Result, resultErr, resultOk, ValidationError } from 'aun-core';
import {
  base64Decode,
  base64Encode,
  CryptoError,
  type PrivateKey,
  signDer,
  utf8Encode,
  verifyDer,
} from 'aun-crypto';
import type { Certificate } from 'aun-pki';
import { signCard, type VerifyResult, verifyCard } from './agentmd/card-signature.js';
import type { Environment } from './environment.js';

/** What an AID is made of; judged by the loader. */
export type AidParts = {
  readonly aid: string;
  readonly certificate: Certificate;
  readonly privateKey: PrivateKey | null;
  /** Earlier keys of a re-keyed identity, newest first: they open messages wrapped to an older key (08 §7.7). */
  readonly previousKeys: readonly PrivateKey[];
  readonly environment: Environment;
};

let partsOf: (aid: AnyAid) => AidParts;

/**
 * What an AID is on every platform (07 §4). The class that applications see adds signing and verifying: values in
 * Node, promises in browsers.
 */
export abstract class AnyAid {
  readonly aid: string;
  readonly aunPath: string;
  readonly slotId: string;
  readonly verifySsl: boolean;
  readonly debug: boolean;
  readonly rootCaPath: string | null;
  readonly certPem: string;
  /** PKCS#8 PEM; empty for peers. Not enumerable, so that logging an AID does not show it. */
  declare readonly privateKeyPem: string;
  /** Base64 of the SPKI DER, 91 bytes for P-256. */
  readonly publicKey: string;
  readonly certSubject: string;
  readonly certIssuer: string;
  /** A copy each time: a `Date` can be changed, an AID can not. */
  declare readonly certNotBefore: Date;
  declare readonly certNotAfter: Date;
  /** `sha256:` and 64 hex digits over the certificate DER. */
  readonly certFingerprint: string;
  readonly #parts: AidParts;

  protected constructor(parts: AidParts) {
    const { certificate, environment, privateKey } = parts;
    this.#parts = parts;
    this.aid = parts.aid;
    this.aunPath = environment.aunPath;
    this.slotId = environment.slotId;
    this.verifySsl = environment.verifySsl;
    this.debug = environment.debug;
    this.rootCaPath = environment.rootCaPath;
    this.certPem = certificate.pem;
    this.publicKey = base64Encode(certificate.spkiDer);
    this.certSubject = certificate.commonName;
    this.certIssuer = certificate.issuerCommonName;
    this.certFingerprint = certificate.fingerprint;
    Object.defineProperty(this, 'privateKeyPem', { value: privateKey?.toPem() ?? '', enumerable: false });
    const copied = (date: Date) => ({ get: () => new Date(date), enumerable: true });
    Object.defineProperty(this, 'certNotBefore', copied(certificate.notBefore));
    Object.defineProperty(this, 'certNotAfter', copied(certificate.notAfter));
    Object.freeze(this);
  }

  static {
    partsOf = (aid) => aid.#parts;
  }

  get deviceId(): string {
    return this.#parts.environment.deviceId;
  }

  /** The chain was judged when the AID was made; here only the time passes. */
  isCertValid(): boolean {
    return this.#parts.environment.clock.now() <= this.#parts.certificate.notAfter.getTime();
  }

  /** True for a local identity: the key is there, fits the certificate, and the certificate is valid. */
  isPrivateKeyValid(): boolean {
    return this.#parts.privateKey !== null && this.isCertValid();
  }
}

/** For the store only: applications get AIDs from `AIDStore`. */
export const createAid = (parts: AidParts): AnyAid => parts.environment.makeAid(parts);

/** Keys, parsed certificate and environment of an AID; not part of the public interface. */
export const aidParts = (aid: AnyAid): AidParts => partsOf(aid);

/** `AID.sign`: ECDSA P-256/SHA-256, base64 of the DER. */
export const signPayload = (aid: AnyAid, payload: string | Uint8Array): Result<{ signature: string }> => {
  const bytes = toBytes(payload);
  const { privateKey } = aidParts(aid);
  if (privateKey === null || !aid.isPrivateKeyValid()) return noKey(aid.aid);
  try {
    return resultOk({ signature: base64Encode(signDer(privateKey, bytes)) });
  } catch (error) {
    return resultErr(ErrorCodes.SIGNATURE_OPERATION_ERROR, 'signing failed', error);
  }
};

/** `AID.verify`: a wrong or malformed signature is `valid: false`. */
export const verifyPayload = (
  aid: AnyAid,
  payload: string | Uint8Array,
  signature: string,
): Result<{ valid: boolean }> => {
  const bytes = toBytes(payload);
  if (typeof signature !== 'string') throw new ValidationError('signature must be base64 text');
  if (!aid.isCertValid()) return certNotValid(aid.aid);
  try {
    return resultOk({
      valid: verifyDer(aidParts(aid).certificate.publicKey, bytes, base64Decode(signature)),
    });
  } catch (error) {
    if (error instanceof CryptoError) return resultOk({ valid: false });
    return resultErr(ErrorCodes.VERIFICATION_OPERATION_ERROR, 'verifying failed', error);
  }
};

/** `AID.signAgentMd` (09 §2.2). */
export const signAgentMdOf = (aid: AnyAid, content: string): Result<{ signed: string }> => {
  if (typeof content !== 'string') throw new ValidationError('agent.md must be text');
  const { privateKey, certificate, environment } = aidParts(aid);
  if (privateKey === null || !aid.isPrivateKeyValid()) return noKey(aid.aid);
  return signCard(content, { certificate, privateKey, now: environment.clock.now() });
};

/** `AID.verifyAgentMd` (09 §2.4). */
export const verifyAgentMdOf = (aid: AnyAid, content: string): Result<VerifyResult> => {
  if (typeof content !== 'string') throw new ValidationError('agent.md must be text');
  if (!aid.isCertValid()) return certNotValid(aid.aid);
  return verifyCard(content, aidParts(aid).certificate, aid.aid);
};

const toBytes = (payload: string | Uint8Array): Uint8Array => {
  if (typeof payload === 'string') return utf8Encode(payload);
  if (payload instanceof Uint8Array) return payload;
  throw new ValidationError('payload must be text or bytes');
};

const noKey = (aid: string) =>
  resultErr(ErrorCodes.PRIVATE_KEY_NOT_VALID, `${aid} has no valid private key here: load a local identity`);

const certNotValid = (aid: string) =>
  resultErr(ErrorCodes.CERT_NOT_VALID, `the certificate of ${aid} has expired: resolve it again`);
