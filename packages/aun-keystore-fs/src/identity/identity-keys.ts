import type { KeyPairRecord } from 'aun-core';
import type { StoreContext } from '../context.js';
import { tightenMode } from '../files/permissions.js';
import { type KeySlot, loadKey, loadPreviousKeys, saveKey } from '../keys/key-pair.js';
import { type IdentityPaths, identityPaths } from '../layout.js';
import { recoverSeedChange, withKeyLock } from '../seed/seed-recovery.js';
import type { Steps } from '../steps.js';

export const keySlot = (paths: IdentityPaths): KeySlot => ({
  path: paths.key,
  scope: paths.name,
  name: 'identity/private_key',
  lock: paths.name,
});

export function* loadKeyPair(context: StoreContext, aid: string): Steps<KeyPairRecord | null> {
  yield* recoverSeedChange(context);
  const paths = identityPaths(context.layout, aid);
  tightenMode(context.files, paths.privateDirectory, context.logger);
  return yield* loadKey(context, keySlot(paths));
}

export function* saveKeyPair(context: StoreContext, aid: string, keyPair: KeyPairRecord): Steps<void> {
  const paths = identityPaths(context.layout, aid);
  yield* withKeyLock(context, paths.name, () => saveKey(context, keySlot(paths), keyPair));
}

export function* loadPreviousKeyPairs(
  context: StoreContext,
  aid: string,
  limit: number,
): Steps<readonly KeyPairRecord[]> {
  yield* recoverSeedChange(context);
  return yield* loadPreviousKeys(context, keySlot(identityPaths(context.layout, aid)), limit);
}
