import type { Clock, PrekeyStore, RandomBytes } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import type { SdkIdentity } from './protected-headers.js';
import type { SenderKeyResolver } from './sender-key.js';

/** The part of a key store that holds prekeys; every `KeyStore` is one. */
export type SessionPrekeyStore = Pick<
  PrekeyStore,
  | 'savePrekey'
  | 'currentPrekeyOrCreate'
  | 'loadPrekey'
  | 'loadCurrentPrekey'
  | 'listPrekeys'
  | 'deletePrekey'
  | 'markPrekeyUploaded'
  | 'loadLatestUploadedPrekeyId'
  | 'loadIdentityKeyAlias'
>;

export interface SessionOptions {
  readonly aid: string;
  /** May be `""`. */
  readonly deviceId: string;
  /** Key of the AID's certificate; P-256. */
  readonly identityKey: PrivateKey;
  /** Keys of before a rekey, newest first: for messages still wrapped to them. */
  readonly previousIdentityKeys?: readonly PrivateKey[];
  readonly store: SessionPrekeyStore;
  /** Asked when the sender's key is not cached; must verify the certificate (03 §8.2 step 5). */
  readonly senderKeys: SenderKeyResolver;
  readonly clock: Pick<Clock, 'now'>;
  readonly random?: RandomBytes;
  readonly sdk?: SdkIdentity;
  /** RFC 6979 signatures. */
  readonly deterministic?: boolean;
}
