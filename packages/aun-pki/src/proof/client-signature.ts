import { isJsonObject, JsonTextError, type Result, resultErr, resultOk } from 'aun-core';
import { type PrivateKey, type PublicKey, timingSafeEqual, utf8Encode } from 'aun-crypto';
import { clientSignatureParamsHash, wireParamsHashes } from './params-hash.js';
import { signProof, verifyProof } from './proof.js';

/** Time difference a server tolerates, in seconds (01 §15.4). */
export const CLIENT_SIGNATURE_WINDOW_SECONDS = 300;

/** `client_signature` as on the wire (01 §15.1). */
export interface ClientSignatureObject {
  readonly aid: string;
  /** `sha256:` and 64 hex digits of the signer's certificate. */
  readonly cert_fingerprint: string;
  /** Unix seconds as text. */
  readonly timestamp: string;
  /** 64 hex digits. */
  readonly params_hash: string;
  /** Base64 DER. */
  readonly signature: string;
}

/** A checked shape: what a verifier works with. */
export interface ClientSignature {
  readonly aid: string;
  readonly certFingerprint: string;
  readonly timestamp: number;
  readonly paramsHash: string;
  readonly signature: string;
  /** Signed text up to the method: the timestamp goes in verbatim. */
  readonly timestampText: string;
  /** RPC method of a signature that travels in an event (01 §15.5), else `''`. */
  readonly method: string;
}

export type ClientSignatureErrorCode =
  | 'client_signature_malformed'
  | 'client_signature_time'
  | 'client_signature_params'
  | 'client_signature_invalid';

export interface ClientSignatureInput {
  /** Full RPC name, e.g. `group.kick`. */
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly aid: string;
  readonly privateKey: PrivateKey;
  /** `certificate.fingerprint` of the signer. */
  readonly certFingerprint: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Signed text: `{method}|{aid}|{timestamp}|{params_hash}` (01 §2.2). */
export function clientSignatureText(
  method: string,
  aid: string,
  timestamp: string,
  paramsHash: string,
): string {
  return `${method}|${aid}|${timestamp}|${paramsHash}`;
}

/** Makes the `client_signature` member for the params of a call (01 §15.1). */
export function buildClientSignature(input: ClientSignatureInput): ClientSignatureObject {
  const timestamp = String(Math.floor(input.now / 1000));
  const paramsHash = clientSignatureParamsHash(input.params);
  return {
    aid: input.aid,
    cert_fingerprint: input.certFingerprint,
    timestamp,
    params_hash: paramsHash,
    signature: signProof(
      clientSignatureText(input.method, input.aid, timestamp, paramsHash),
      input.privateKey,
    ),
  };
}

const hash64 = /^[0-9a-f]{64}$/;
const unixSeconds = /^[0-9]{1,12}$/;

/** Checks the shape (01 §15.4 step 1); code `client_signature_malformed` names the member. */
export function parseClientSignature(value: unknown): Result<ClientSignature, ClientSignatureErrorCode> {
  if (!isJsonObject(value)) return malformed('it must be an object');
  const { aid, cert_fingerprint, timestamp, params_hash, signature, _method } = value;
  if (typeof aid !== 'string' || aid === '' || aid.length > 256) return malformed('aid is missing');
  if (typeof cert_fingerprint !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(cert_fingerprint)) {
    return malformed('cert_fingerprint must be sha256: and 64 hex digits');
  }
  if (typeof timestamp !== 'string' || !unixSeconds.test(timestamp)) {
    return malformed('timestamp must be Unix seconds as text');
  }
  if (typeof params_hash !== 'string' || !hash64.test(params_hash)) {
    return malformed('params_hash must be 64 hex digits');
  }
  if (typeof signature !== 'string' || signature === '') return malformed('signature is missing');
  return resultOk({
    aid,
    certFingerprint: cert_fingerprint,
    timestamp: Number(timestamp),
    timestampText: timestamp,
    paramsHash: params_hash,
    signature,
    method: typeof _method === 'string' ? _method : '',
  });
}

export interface ClientSignatureCheck {
  readonly method: string;
  /** Key of the certificate that `cert_fingerprint` names; finding and judging it is the caller's part. */
  readonly publicKey: PublicKey;
  /** Milliseconds since the epoch; omitted: the time is not checked (events, 01 §15.5). */
  readonly now?: number | undefined;
  readonly windowSeconds?: number | undefined;
  /** Raw JSON text of the params as received: recompute `params_hash` (01 §15.4, mode `strict`). */
  readonly paramsJson?: string | undefined;
}

/** The time alone (01 §15.4 step 2), for calls whose signer is proved in another way. `now` in milliseconds. */
export function checkClientSignatureTime(
  signature: ClientSignature,
  now: number,
  windowSeconds: number = CLIENT_SIGNATURE_WINDOW_SECONDS,
): Result<ClientSignature, 'client_signature_time'> {
  return Math.abs(Math.floor(now / 1000) - signature.timestamp) > windowSeconds
    ? resultErr('client_signature_time', `client signature: timestamp is more than ${windowSeconds} s off`)
    : resultOk(signature);
}

/**
 * Verifies a parsed client signature: time, optionally the params hash over the raw wire text, then ECDSA over the
 * received hash (01 §15.4 steps 2, 4, 5).
 */
export function verifyClientSignature(
  signature: ClientSignature,
  check: ClientSignatureCheck,
): Result<ClientSignature, ClientSignatureErrorCode> {
  if (check.now !== undefined) {
    const fresh = checkClientSignatureTime(signature, check.now, check.windowSeconds);
    if (!fresh.ok) return fresh;
  }
  if (check.paramsJson !== undefined) {
    const hashed = checkParamsHash(signature.paramsHash, check.paramsJson);
    if (!hashed.ok) return hashed;
  }
  const text = clientSignatureText(
    check.method,
    signature.aid,
    signature.timestampText,
    signature.paramsHash,
  );
  return verifyProof(text, signature.signature, check.publicKey)
    ? resultOk(signature)
    : resultErr(
        'client_signature_invalid',
        'the signature does not fit the call and the key of its certificate',
      );
}

function checkParamsHash(
  paramsHash: string,
  paramsJson: string,
): Result<undefined, 'client_signature_malformed' | 'client_signature_params'> {
  try {
    const received = utf8Encode(paramsHash);
    for (const hash of wireParamsHashes(paramsJson)) {
      if (timingSafeEqual(utf8Encode(hash), received)) return resultOk(undefined);
    }
    return resultErr(
      'client_signature_params',
      'client signature: params_hash does not belong to these params',
    );
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    return resultErr('client_signature_malformed', `client signature: params: ${error.message}`, error);
  }
}

function malformed(why: string) {
  return resultErr('client_signature_malformed', `client_signature is malformed: ${why}`);
}
