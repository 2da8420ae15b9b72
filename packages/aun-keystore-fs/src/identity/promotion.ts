import { aidDirectoryName, KeyStoreError, type PendingHandle } from 'aun-core';
import type { Certificate } from 'aun-pki';
import type { StoreContext } from '../context.js';
import { readIfPresent, readTextIfPresent, statIfPresent } from '../files/read.js';
import { replaceFile } from '../files/replace-file.js';
import { isTaken } from '../files/system-error.js';
import { parseKeyFile } from '../keys/key-file.js';
import { loadKey, readKeyFile } from '../keys/key-pair.js';
import { writeBackup } from '../keys/key-versions.js';
import { identityPaths } from '../layout.js';
import { withKeyLock } from '../seed/seed-recovery.js';
import type { Steps } from '../steps.js';
import { certPublicKey, ownPublicKey, parsed, replaceCert } from './certificates.js';
import { gone, listPending, type PendingPaths, pendingPaths, pendingSlot, removePending } from './pending.js';

/**
 * Makes the pending key and certificate the identity (08 §5.3). Every step leaves a state from which the same call
 * ends well: the pending directory goes last.
 *
 * @throws {KeyStoreError} `identity_exists` when another key is there and `replace` is not set
 */
export function* promotePending(
  context: StoreContext,
  handle: PendingHandle,
  options: { readonly replace?: boolean } = {},
): Steps<void> {
  const paths = pendingPaths(context, handle);
  yield* withKeyLock(context, paths.target.name, () =>
    promote(context, handle, paths, options.replace === true),
  );
}

function* promote(
  context: StoreContext,
  handle: PendingHandle,
  paths: PendingPaths,
  replace: boolean,
): Steps<void> {
  const { pending, target } = paths;
  const file = readKeyFile(context, pending.key);
  if (file === null) return finishRemoval(context, handle, paths);
  if (file.kind !== 'protected') {
    throw new KeyStoreError('private_key_unreadable', `pending entry ${handle}: its key is not protected`);
  }
  const keyPair = yield* loadKey(context, pendingSlot(paths));
  if (keyPair === null) throw gone(handle);
  const certPem = readTextIfPresent(context.files, pending.cert);
  const certificate = certPem === null ? null : parsed(certPem);
  if (certPem !== null && !belongs(certificate, target.name, keyPair.publicKeyDerB64)) {
    throw new KeyStoreError(
      'certificate_conflict',
      `pending entry ${handle}: certificate and key do not belong together`,
    );
  }
  if (moveWhole(context, paths)) return;
  const ownKey = hasKey(context, paths) ? ownPublicKey(context, target) : undefined;
  if (ownKey !== undefined && ownKey !== keyPair.publicKeyDerB64 && !replace) {
    throw new KeyStoreError('identity_exists', `${target.name}: another private key is stored already`);
  }
  if (ownKey !== keyPair.publicKeyDerB64) replaceKeyFile(context, paths);
  if (certificate !== null && certPem !== null) replaceCert(context, target, certificate, certPem);
  removePending(context, pending);
}

const belongs = (certificate: Certificate | null, name: string, publicKey: string): boolean =>
  certificate !== null &&
  certPublicKey(certificate) === publicKey &&
  aidDirectoryName(certificate.commonName) === name;

/** A promotion that was cut short while it removed the pending directory has done everything else. */
function finishRemoval(context: StoreContext, handle: PendingHandle, paths: PendingPaths): void {
  const isLeftover = statIfPresent(context.files, paths.pending.directory, false) !== null;
  if (!isLeftover || !hasKey(context, paths)) throw gone(handle);
  removePending(context, paths.pending);
}

/** The usual case: nothing of this AID is there yet. False when something is, e.g. a cached card. */
function moveWhole(context: StoreContext, { pending, target }: PendingPaths): boolean {
  if (statIfPresent(context.files, target.directory, false) !== null) return false;
  try {
    context.files.rename(pending.directory, target.directory);
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
  context.files.fsyncDirectory(context.layout.identities);
  context.files.fsyncDirectory(context.layout.pending);
  return true;
}

/** A damaged key file counts as a key: it may be all that is left of one. */
function hasKey(context: StoreContext, paths: PendingPaths): boolean {
  const file = readKeyFile(context, paths.target.key);
  return file !== null && file.kind !== 'no-key';
}

function replaceKeyFile(context: StoreContext, paths: PendingPaths): void {
  const content = readIfPresent(context.files, paths.pending.key);
  if (content === null) throw new KeyStoreError('not_found', `${paths.pending.key}: the pending key is gone`);
  const old = readIfPresent(context.files, paths.target.key);
  if (old !== null && parseKeyFile(new TextDecoder().decode(old)).kind === 'plaintext') {
    throw new KeyStoreError(
      'private_key_unreadable',
      `${paths.target.key}: load the legacy key once before replacing it`,
    );
  }
  if (old !== null) writeBackup(context, paths.target.key, old);
  replaceFile(context, paths.target.key, content);
}

/**
 * Finishes a rekey that was cut short (08 §5.3): a pending key that fits the active certificate, or a pending
 * certificate that fits the active key while the active one does not. True when key and certificate now agree.
 */
export function* repairKeyPair(context: StoreContext, aid: string): Steps<boolean> {
  const target = identityPaths(context.layout, aid);
  return yield* withKeyLock(context, target.name, function* (): Steps<boolean> {
    for (const handle of listPending(context, aid)) {
      if (!fits(context, pendingPaths(context, handle))) continue;
      yield* promote(context, handle, pendingPaths(context, handle), true);
      return true;
    }
    return false;
  });
}

function fits(context: StoreContext, paths: PendingPaths): boolean {
  const pendingKey = ownPublicKey(context, paths.pending);
  if (pendingKey === null) return false;
  if (pendingKey === publicKeyOfCert(context, paths.target.cert)) return true;
  return (
    pendingKey === publicKeyOfCert(context, paths.pending.cert) &&
    pendingKey === ownPublicKey(context, paths.target)
  );
}

function publicKeyOfCert(context: StoreContext, path: string): string | null {
  const pem = readTextIfPresent(context.files, path);
  const certificate = pem === null ? null : parsed(pem);
  return certificate === null ? null : certPublicKey(certificate);
}
