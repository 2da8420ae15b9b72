import { dirname } from 'node:path';
import { type ChangeSeedOptions, KeyStoreError } from 'aun-core';
import { utf8Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { writeNew } from '../files/atomic-write.js';
import { exists, readIfPresent } from '../files/read.js';
import { removeTemps } from '../files/replace-file.js';
import { isMissing } from '../files/system-error.js';
import { backupNumbers } from '../keys/key-versions.js';
import { sealRecord } from '../keys/protected-record.js';
import { beat } from '../lock/held-locks.js';
import { acquireLock, dropLock } from '../lock/identity-lock.js';
import { breathe, type Steps } from '../steps.js';
import { type FoundKey, findKeyFiles } from './find-keys.js';
import { type Rewrite, rewriteKey } from './rewrite-key.js';
import { newFileOf, putInPlace, removeJournal, writeJournal } from './seed-journal.js';
import { finishJournal, SEED_LOCK } from './seed-recovery.js';

/** Old seed text that stands for the bytes of the legacy `.seed` file (08 §6.4). */
const LEGACY = '.seed';

/**
 * Re-encrypts every key under the new seed, all or none at any crash (08 §6.2). Returns how many keys under `AIDs/*`
 * were rewritten; the store continues with the new seed.
 *
 * @throws {KeyStoreError} `private_key_unreadable` when a key opens with neither seed, `seed_refused` when there is
 *   no key; nothing is changed then
 */
export function* changeSeed(
  context: StoreContext,
  oldSeed: string,
  newSeed: string,
  options: ChangeSeedOptions = {},
): Steps<number> {
  if (oldSeed === newSeed) return 0;
  if (newSeed === '' && options.allowEmpty !== true) {
    throw new KeyStoreError(
      'invalid_argument',
      'newSeed: an empty seed is publicly known; pass allowEmpty to insist',
    );
  }
  const held = new Set<string>();
  try {
    yield* take(context, SEED_LOCK, held);
    yield* finishJournal(context);
    const found = yield* lockAllKeys(context, held);
    return yield* changeUnderLocks(context, found, oldSeed, newSeed, options);
  } finally {
    for (const key of [...held].toReversed()) dropLock(context, key);
  }
}

function* take(context: StoreContext, key: string, held: Set<string>): Steps<void> {
  yield* acquireLock(context, key, { exclusive: true });
  held.add(key);
  beat(Date.now());
}

/** Locks every key in sorted order; looks again until none was added meanwhile. */
function* lockAllKeys(context: StoreContext, held: Set<string>): Steps<readonly FoundKey[]> {
  for (;;) {
    const found = findKeyFiles(context);
    const missing = lockKeys(found).filter((key) => !held.has(key));
    if (missing.length === 0) return found;
    for (const key of missing) yield* take(context, key, held);
  }
}

const lockKeys = (found: readonly FoundKey[]): readonly string[] =>
  [...new Set(found.map((key) => key.slot.lock))].sort();

function* changeUnderLocks(
  context: StoreContext,
  found: readonly FoundKey[],
  oldSeed: string,
  newSeed: string,
  options: ChangeSeedOptions,
): Steps<number> {
  removeLeftovers(context, found);
  const old = oldSeed === LEGACY ? legacyBytes(context) : oldSeed;
  const rewrites: Rewrite[] = [];
  let keys = 0;
  for (const key of found) {
    const rewrite = yield* rewriteKey(context, key, old, newSeed);
    if (key.isIdentity && rewrite !== 'no-key') keys += 1;
    if (typeof rewrite !== 'string') rewrites.push(rewrite);
    beat(Date.now());
    yield breathe;
  }
  if (keys === 0) throw new KeyStoreError('seed_refused', 'the store holds no private key');
  try {
    if (rewrites.length > 0) yield* commit(context, rewrites, newSeed);
  } catch (error) {
    // Once the journal stands the change is decided, and the next access finishes it.
    if (!exists(context.files, context.layout.seedJournal)) removeLeftovers(context, found);
    throw error;
  }
  context.seed.current = newSeed;
  if (oldSeed === LEGACY) retireLegacySeed(context);
  if (options.purgeBackups === true) purgeBackups(context, found);
  return rewrites.filter((rewrite) => rewrite.key.isIdentity).length;
}

/** Steps 5 to 8: new contents beside the old, the journal that decides, then one by one into place. */
function* commit(context: StoreContext, rewrites: readonly Rewrite[], newSeed: string): Steps<void> {
  for (const { key, content } of rewrites) {
    writeNew(context.files, newFileOf(key.slot.path), content);
    context.files.fsyncDirectory(dirname(key.slot.path));
    beat(Date.now());
    yield breathe;
  }
  const checkKey = yield* context.keyring.fieldKey(newSeed, '_seed', 'check');
  const files = rewrites.map((rewrite) => rewrite.key.relativePath);
  writeJournal(context, { check: sealRecord(checkKey, 'check', utf8Encode('ok'), context.random), files });
  for (const file of files) {
    putInPlace(context, file);
    beat(Date.now());
    yield breathe;
  }
  removeJournal(context);
}

/** New contents without journal: a change that was never decided. */
function removeLeftovers(context: StoreContext, found: readonly FoundKey[]): void {
  for (const key of found) unlinkIfPresent(context, newFileOf(key.slot.path));
  removeTemps(context, context.layout.seedJournal, 0);
}

function legacyBytes(context: StoreContext): Uint8Array {
  const bytes = readIfPresent(context.files, context.layout.legacySeed);
  if (bytes === null) throw new KeyStoreError('seed_refused', 'there is no .seed file in this store');
  return bytes;
}

function retireLegacySeed(context: StoreContext): void {
  const base = `${context.layout.legacySeed}.migrated.${Math.floor(context.clock.now() / 1000)}`;
  let target = base;
  for (let n = 1; exists(context.files, target); n += 1) target = `${base}.${n}`;
  context.files.rename(context.layout.legacySeed, target);
  context.files.fsyncDirectory(context.layout.root);
}

function purgeBackups(context: StoreContext, found: readonly FoundKey[]): void {
  for (const { slot } of found) {
    for (const number of backupNumbers(context, slot.path))
      unlinkIfPresent(context, `${slot.path}.v${number}`);
  }
}

function unlinkIfPresent(context: StoreContext, path: string): void {
  try {
    context.files.unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
