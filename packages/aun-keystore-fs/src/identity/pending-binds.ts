import { join } from 'node:path';
import { type KeyPairRecord, KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { exists } from '../files/read.js';
import { isMissing } from '../files/system-error.js';
import { type KeySlot, loadKey, saveKey } from '../keys/key-pair.js';
import { directoryName } from '../layout.js';
import { recoverSeedChange, withKeyLock } from '../seed/seed-recovery.js';
import { just, type Steps } from '../steps.js';

/** Where the key of a group is parked until its AID is bound (08 §5.4). */
function bindSlot(context: StoreContext, groupId: string): KeySlot {
  const trimmed = groupId.trim();
  const name = directoryName(trimmed, 'groupId');
  return {
    path: join(context.layout.pendingBinds, `${name}.json`),
    scope: name,
    name: 'pending_bind/private_key',
    lock: directoryName(`group-bind:${trimmed}`, 'groupId'),
  };
}

export function* savePendingBind(
  context: StoreContext,
  groupId: string,
  keyPair: KeyPairRecord,
): Steps<void> {
  const slot = bindSlot(context, groupId);
  yield* withKeyLock(context, slot.lock, () => saveKey(context, slot, keyPair));
}

/** A damaged or undecryptable file counts as absent and is kept as `.bad`. */
export function* loadPendingBind(context: StoreContext, groupId: string): Steps<KeyPairRecord | null> {
  yield* recoverSeedChange(context);
  const slot = bindSlot(context, groupId);
  try {
    return yield* loadKey(context, slot);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  return yield* withKeyLock(context, slot.lock, () => loadOrSetAside(context, slot));
}

/** Under the lock: another process may have parked a good key since it was found unreadable. */
function* loadOrSetAside(context: StoreContext, slot: KeySlot): Steps<KeyPairRecord | null> {
  try {
    return yield* loadKey(context, slot);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    setAside(context, slot.path);
    context.logger.warn('key store: a parked group key is unreadable and was kept as .bad', {
      path: slot.path,
    });
    return null;
  }
}

const isUnreadable = (error: unknown): boolean =>
  error instanceof KeyStoreError && error.code === 'private_key_unreadable';

export function* clearPendingBind(context: StoreContext, groupId: string): Steps<void> {
  const slot = bindSlot(context, groupId);
  yield* withKeyLock(context, slot.lock, () => just(() => removeFile(context, slot.path)));
}

function removeFile(context: StoreContext, path: string): void {
  try {
    context.files.unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return;
  }
  context.files.fsyncDirectory(context.layout.pendingBinds);
}

function setAside(context: StoreContext, path: string): void {
  let target = `${path}.bad`;
  for (let number = 1; exists(context.files, target); number += 1) target = `${path}.bad.${number}`;
  try {
    context.files.rename(path, target);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
