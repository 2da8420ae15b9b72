import { dirname } from 'node:path';
import { isDeviceId } from 'aun-core';
import { utf8Encode, uuidV4 } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { writeNew } from '../files/atomic-write.js';
import { ensureDirectory } from '../files/directories.js';
import { tightenMode } from '../files/permissions.js';
import { readTextIfPresent } from '../files/read.js';
import { replaceFile, tempName } from '../files/replace-file.js';
import { isTaken, systemCode } from '../files/system-error.js';
import { whileLocked } from '../lock/identity-lock.js';
import type { Steps } from '../steps.js';

/** What the id is when nothing can be written (08 §3). */
export const FALLBACK_DEVICE_ID = 'default';

/**
 * Id of this directory, shared by all its processes (08 §3): `.device_id`, trimmed; made on first use so that two
 * first starts agree; a missing or illegal one is replaced. What cannot be read or replaced is `default`.
 */
export function* deviceId(context: StoreContext): Steps<string> {
  try {
    return readId(context) ?? createId(context) ?? (yield* replaceId(context));
  } catch (error) {
    context.logger.warn('key store: the device id can be neither read nor written, using "default"', {
      path: context.layout.deviceId,
      reason: error instanceof Error ? error.message : String(error),
    });
    return FALLBACK_DEVICE_ID;
  }
}

function readId(context: StoreContext): string | null {
  const text = readTextIfPresent(context.files, context.layout.deviceId);
  if (text === null) return null;
  tightenMode(context.files, context.layout.deviceId, context.logger);
  const id = text.trim();
  return isDeviceId(id) ? id : null;
}

/** A whole file appears at once under its name (link), or not at all when there is one already. */
function createId(context: StoreContext): string | null {
  const path = context.layout.deviceId;
  ensureDirectory(context.files, dirname(path));
  const id = uuidV4(context.random);
  const temp = tempName(context, path);
  writeNew(context.files, temp, utf8Encode(id));
  try {
    context.files.link(temp, path);
  } catch (error) {
    // Not every file system has hard links; there the caller decides under a lock.
    if (isLinkless(error)) return null;
    if (!isTaken(error)) throw error;
    return readId(context);
  } finally {
    context.files.unlink(temp);
  }
  context.files.fsyncDirectory(dirname(path));
  return id;
}

const isLinkless = (error: unknown): boolean =>
  ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(systemCode(error) ?? '');

/** Over an illegal content, or where there are no hard links; under a lock, so that two processes agree on the replacement. */
function* replaceId(context: StoreContext): Steps<string> {
  return yield* whileLocked(context, '_device_id', () => {
    const now = readId(context);
    if (now !== null) return now;
    const id = uuidV4(context.random);
    replaceFile(context, context.layout.deviceId, utf8Encode(id));
    return id;
  });
}
