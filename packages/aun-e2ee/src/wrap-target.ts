import { ecdh, ecdhAsync, type PrivateKey, wipe } from 'aun-crypto';
import type { Draft } from './draft.js';
import type { RecipientCache } from './recipient-cache.js';
import { staticSecretAsync } from './static-secret.js';
import { type Target, targetProtocol } from './target.js';
import { deriveWrapKey, wrapMasterKey } from './wrap.js';

/** The master key wrapped for every target of a draft, in the order of the targets (03 §5.3). */
export function wrapForTargets(draft: Draft, cache: RecipientCache | undefined): Uint8Array[] {
  return draft.targets.map((target, i) => wrapForTarget(draft, target, draft.wrapNonces[i], cache));
}

/** {@link wrapForTargets} with the key agreements of all targets under way at once. */
export function wrapForTargetsAsync(draft: Draft, cache: RecipientCache | undefined): Promise<Uint8Array[]> {
  return Promise.all(
    draft.targets.map(async (target, i) => {
      const secrets = await agreeAsync(draft, target, cache);
      const wrapped = wrapWith(draft, target, secrets, draft.wrapNonces[i]);
      wipe(...secrets);
      return wrapped;
    }),
  );
}

/** One row's wrapped master key, 48 bytes. */
export function wrapForTarget(
  draft: Draft,
  target: Target,
  nonce: Uint8Array | undefined,
  cache: RecipientCache | undefined,
): Uint8Array {
  const { sessionKey } = draft;
  const fresh = [ecdh(sessionKey, target.identityKey)];
  const secrets = [...fresh];
  if (targetProtocol(target) === '3DH' && target.prekey !== null) {
    const dh3 = ecdh(sessionKey, target.prekey);
    fresh.push(dh3);
    secrets.push(staticSecret(draft.sender.identityKey, target, cache, fresh), dh3);
  }
  const wrapped = wrapWith(draft, target, secrets, nonce);
  for (const secret of fresh) wipe(secret);
  return wrapped;
}

function wrapWith(
  draft: Draft,
  target: Target,
  secrets: readonly Uint8Array[],
  nonce: Uint8Array | undefined,
): Uint8Array {
  const wrapKey = deriveWrapKey(targetProtocol(target), secrets, draft.salt);
  const wrapped = wrapMasterKey(wrapKey, nonce ?? new Uint8Array(0), draft.masterKey);
  wipe(wrapKey);
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

/** DH1 to DH3 of a row, or DH1 alone; all of them the caller's to wipe. */
async function agreeAsync(
  draft: Draft,
  target: Target,
  cache: RecipientCache | undefined,
): Promise<Uint8Array[]> {
  const { sessionKey, sender } = draft;
  const { identityKey, prekey } = target;
  if (targetProtocol(target) === '1DH' || prekey === null) return [await ecdhAsync(sessionKey, identityKey)];
  return Promise.all([
    ecdhAsync(sessionKey, identityKey),
    staticSecretAsync(sender.identityKey, prekey, cache),
    ecdhAsync(sessionKey, prekey),
  ]);
}
