import { join } from 'node:path';
import { type KeyPairRecord, KeyStoreError, type PendingHandle } from 'aun-core';
import { hexEncode, utf8Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { removeTree } from '../files/directories.js';
import { listIfPresent, readTextIfPresent, statIfPresent } from '../files/read.js';
import { replaceFile } from '../files/replace-file.js';
import { isMissing } from '../files/system-error.js';
import { type KeySlot, loadKey, saveKey } from '../keys/key-pair.js';
import {
  directoryName,
  type IdentityPaths,
  identityPaths,
  identityPathsIn,
  pendingOwner,
} from '../layout.js';
import { whileLocked } from '../lock/identity-lock.js';
import { recoverSeedChange, withKeyLock } from '../seed/seed-recovery.js';
import type { Steps } from '../steps.js';
import { readable } from './certificates.js';

/** Paths of a pending directory and of the identity it will become (08 §5.1). */
export interface PendingPaths {
  readonly pending: IdentityPaths;
  readonly target: IdentityPaths;
}

/** @throws {KeyStoreError} `invalid_argument` for a text that `createPending` cannot have made */
export function pendingPaths(context: StoreContext, handle: PendingHandle): PendingPaths {
  const owner = pendingOwner(handle);
  if (owner === null || directoryName(owner, 'handle') !== owner) {
    throw new KeyStoreError('invalid_argument', 'handle: not a pending entry of this store');
  }
  return {
    pending: identityPathsIn(join(context.layout.pending, handle), owner),
    target: identityPaths(context.layout, owner),
  };
}

/** The record is bound to the final directory name, so that promotion needs no re-encryption (08 §5.1). */
export const pendingSlot = (paths: PendingPaths): KeySlot => ({
  path: paths.pending.key,
  scope: paths.target.name,
  name: 'identity/private_key',
  lock: paths.target.name,
});

export function* createPending(
  context: StoreContext,
  aid: string,
  keyPair: KeyPairRecord,
): Steps<PendingHandle> {
  const { name } = identityPaths(context.layout, aid);
  const seconds = Math.floor(context.clock.now() / 1000);
  const handle: PendingHandle = `${name}-${hexEncode(context.random(4))}-${seconds}`;
  const slot = pendingSlot(pendingPaths(context, handle));
  yield* withKeyLock(context, name, () => saveKey(context, slot, keyPair));
  return handle;
}

/** Exactly `{dir}-<8 hex>-<seconds>`, newest first (08 §5.1). */
export function listPending(context: StoreContext, aid: string): readonly PendingHandle[] {
  const { name } = identityPaths(context.layout, aid);
  return listIfPresent(context.files, context.layout.pending)
    .filter((handle) => pendingOwner(handle) === name)
    .map((handle) => ({
      handle,
      stat: statIfPresent(context.files, join(context.layout.pending, handle), false),
    }))
    .filter((entry) => entry.stat?.kind === 'directory')
    .sort((a, b) => (b.stat?.mtimeMs ?? 0) - (a.stat?.mtimeMs ?? 0) || (a.handle < b.handle ? 1 : -1))
    .map((entry) => entry.handle);
}

export function* loadPendingKeyPair(
  context: StoreContext,
  handle: PendingHandle,
): Steps<KeyPairRecord | null> {
  yield* recoverSeedChange(context);
  return yield* loadKey(context, pendingSlot(pendingPaths(context, handle)));
}

export function loadPendingCert(context: StoreContext, handle: PendingHandle): string | null {
  return readTextIfPresent(context.files, pendingPaths(context, handle).pending.cert);
}

export function* savePendingCert(context: StoreContext, handle: PendingHandle, certPem: string): Steps<void> {
  const { pending, target } = pendingPaths(context, handle);
  readable(certPem);
  yield* whileLocked(context, target.name, () => {
    if (statIfPresent(context.files, pending.key) === null) throw gone(handle);
    replaceFile(context, pending.cert, utf8Encode(certPem));
  });
}

/** Only for an entry that provably lost (08 K2, §5.2). */
export function* discardPending(context: StoreContext, handle: PendingHandle): Steps<void> {
  const { pending, target } = pendingPaths(context, handle);
  yield* whileLocked(context, target.name, () => {
    removePending(context, pending);
  });
}

export function removePending(context: StoreContext, pending: IdentityPaths): void {
  try {
    removeTree(context.files, pending.directory);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return;
  }
  context.files.fsyncDirectory(context.layout.pending);
}

export function gone(handle: PendingHandle): KeyStoreError {
  return new KeyStoreError('not_found', `pending entry ${handle}: it does not exist or holds no key`);
}
