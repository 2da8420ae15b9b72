import { dirname, isAbsolute, join } from 'node:path';
import { isJsonObject, type JsonObject, KeyStoreError, tryParseJson } from 'aun-core';
import { utf8Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { readIfPresent, readTextIfPresent } from '../files/read.js';
import { replaceFile } from '../files/replace-file.js';
import { parseKeyFile } from '../keys/key-file.js';
import { writeBackup } from '../keys/key-versions.js';

/** Content of `.seed-change.json` (08 §6.2 step 6): from its writing on, the change is decided. */
export interface SeedJournal {
  /** Record that encrypts `ok` under the new seed. */
  readonly check: JsonObject;
  /** Paths below the store's root, with `/`. */
  readonly files: readonly string[];
}

export const newFileOf = (path: string): string => `${path}.seed-new`;

export function writeJournal(context: StoreContext, journal: SeedJournal): void {
  const content = { version: 1, started_at: context.clock.now(), check: journal.check, files: journal.files };
  replaceFile(context, context.layout.seedJournal, utf8Encode(JSON.stringify(content, null, 2)));
}

/** Null when no change is under way. @throws {KeyStoreError} `io` for a journal that is not ours */
export function readJournal(context: StoreContext): SeedJournal | null {
  const text = readTextIfPresent(context.files, context.layout.seedJournal);
  if (text === null) return null;
  const value = tryParseJson(text);
  const files = isJsonObject(value) && Array.isArray(value.files) ? value.files : null;
  if (!isJsonObject(value) || value.version !== 1 || files === null || !files.every(isInside)) {
    throw new KeyStoreError(
      'io',
      `${context.layout.seedJournal}: not a journal of a seed change; move it away by hand`,
    );
  }
  return { check: isJsonObject(value.check) ? value.check : {}, files };
}

/** A path below the root, no way out of it. */
const isInside = (path: unknown): path is string =>
  typeof path === 'string' &&
  path.startsWith('AIDs/') &&
  !isAbsolute(path) &&
  !path.split(/[/\\]/).includes('..');

/** Step 7 for one file: backup, then the new content over it. Done already when there is no new content any more. */
export function putInPlace(context: StoreContext, relativePath: string): void {
  const path = join(context.layout.root, ...relativePath.split('/'));
  if (readIfPresent(context.files, newFileOf(path)) === null) return;
  const old = readIfPresent(context.files, path);
  // A key in the clear leaves no copy of itself (08 §4.6).
  if (old !== null && parseKeyFile(new TextDecoder().decode(old)).kind !== 'plaintext')
    writeBackup(context, path, old);
  context.files.rename(newFileOf(path), path);
  context.files.fsyncDirectory(dirname(path));
}

export function removeJournal(context: StoreContext): void {
  context.files.unlink(context.layout.seedJournal);
  context.files.fsyncDirectory(context.layout.root);
}
