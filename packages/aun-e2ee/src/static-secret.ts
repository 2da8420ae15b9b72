import { ecdhAsync, type PrivateKey, type PublicKey } from 'aun-crypto';
import type { RecipientCache } from './recipient-cache.js';

/**
 * DH2 (03 §5.3), from the cache or computed and put there; the caller's to wipe. A copy: while other agreements are
 * under way the cache may forget its own, and wipe it.
 */
export async function staticSecretAsync(
  own: PrivateKey,
  peer: PublicKey,
  cache: RecipientCache | undefined,
): Promise<Uint8Array> {
  const known = cache?.peekSecret(own, peer)?.slice();
  if (known !== undefined) return known;
  const secret = await ecdhAsync(own, peer);
  cache?.rememberSecret(own, peer, secret.slice());
  return secret;
}
