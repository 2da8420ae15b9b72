/**
 * Why a key store could not do its work. `private_key_unreadable` = damaged file or wrong seed,
 * `certificate_unreadable` = not a certificate, `identity_exists` = another key is already there,
 * `certificate_conflict` = refused to replace a certificate (08 §8.3), `seed_refused` = seed change refused,
 * `database_corrupt` = set aside, `busy` = lock or database busy too long, `no_space`, `read_only`,
 * `unsupported` = the platform refuses storage, `io` = anything else the system answered.
 */
export type KeyStoreErrorCode =
  | 'private_key_unreadable'
  | 'certificate_unreadable'
  | 'identity_exists'
  | 'certificate_conflict'
  | 'not_found'
  | 'seed_refused'
  | 'database_corrupt'
  | 'busy'
  | 'no_space'
  | 'read_only'
  | 'unsupported'
  | 'invalid_argument'
  | 'io';

export class KeyStoreError extends Error {
  override readonly name = 'KeyStoreError';

  constructor(
    readonly code: KeyStoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
