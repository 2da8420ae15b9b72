/**
 * Stable codes of {@link CryptoError}.
 *
 * - `invalid_argument`: wrong type, length or range of an argument
 * - `invalid_encoding`: text that is not hex, base64, base64url or UTF-8
 * - `invalid_pem`: no PEM block, or a damaged one
 * - `invalid_public_key`: bad SPKI structure, or a point that is not on its curve
 * - `invalid_private_key`: bad PKCS#8 structure, scalar out of range, or a public half that does not belong to it
 * - `unsupported_key`: a well-formed key of another algorithm or curve
 * - `curve_mismatch`: two keys of different curves in one operation
 * - `key_wiped`: use of a private key after `wipe()`
 * - `aead_failed`: AES-GCM tag does not verify
 * - `random_failed`: the random source returned unusable bytes
 */
export type CryptoErrorCode =
  | 'invalid_argument'
  | 'invalid_encoding'
  | 'invalid_pem'
  | 'invalid_public_key'
  | 'invalid_private_key'
  | 'unsupported_key'
  | 'curve_mismatch'
  | 'key_wiped'
  | 'aead_failed'
  | 'random_failed';

/** The only error this package throws on bad input. `code` is stable, `message` is for people. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
