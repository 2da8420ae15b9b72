import { ecdh, type PrivateKey, wipe } from 'aun-crypto';
import type { Draft } from './draft.js';
import type { RecipientCache } from './recipient-cache.js';
import { type Target, targetProtocol } from './target.js';
import { deriveWrapKey, wrapMasterKey } from './wrap.js';

/** The master key wrapped for every target of a draft, in the order of the targets (03 §5.3). */
export function wrapForTargets(draft: Draft, cache: RecipientCache | undefined): Uint8Array[] {
  return draft.targets.map((target, i) => wrapForTarget(draft, target, draft.wrapNonces[i], cache));
}

/** One row's wrapped master key, 48 bytes. */
export function wrapForTarget(
  draft: Draft,
  target: Target,
  nonce: Uint8Array | undefined,
  cache: RecipientCache | undefined,
): Uint8Array {
  const { sessionKey, salt, masterKey } = draft;
  const protocol = targetProtocol(target);
  const fresh = [ecdh(sessionKey, target.identityKey)];
  const secrets = [...fresh];
  if (protocol === '3DH' && target.prekey !== null) {
    const dh3 = ecdh(sessionKey, target.prekey);
    fresh.push(dh3);
    secrets.push(staticSecret(draft.sender.identityKey, target, cache, fresh), dh3);
  }
  const wrapKey = deriveWrapKey(protocol, secrets, salt);
  const wrapped = wrapMasterKey(wrapKey, nonce ?? new Uint8Array(0), masterKey);
  wipe(wrapKey);
  for (const secret of fresh) wipe(secret);
  return wrapped;
}

/** DH2. A secret that belongs to the cache must survive; one computed here is added to `disposable`. */
function staticSecret(
  own: PrivateKey,
  target: Target,
  cache: RecipientCache | undefined,
  disposable: Uint8Array[],
): Uint8Array {
  const prekey = target.prekey ?? target.identityKey;
  if (cache !== undefined) return cache.staticSecret(own, prekey);
  const secret = ecdh(own, prekey);
  disposable.push(secret);
  return secret;
}
