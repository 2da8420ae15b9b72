import type { Clock, PrekeyStore, RandomBytes } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import type { SdkIdentity } from './protected-headers.js';
import type { RotationAction } from './rotation.js';
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
  /**
   * Told what to publish after thoughts were opened, each action once per answer (03 §10); rows carry theirs in the
   * outcome. Must not throw. Without it thoughts rotate nothing.
   */
  readonly onRotation?: (action: RotationAction) => void;
  readonly random?: RandomBytes;
  readonly sdk?: SdkIdentity;
  /** RFC 6979 signatures; default: only with an injected `random`. */
  readonly deterministic?: boolean;
}
