import { isDeviceId } from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';

const NAME = 'aun_device_id';
const STORE = 'settings';

/** Where nothing can be kept: one id for this page. */
let idOfPage: string | undefined;

/**
 * Id of this origin in this browser (08 §10.3): `aun_device_id` in localStorage, which the public SDK reads too. A
 * worker has no localStorage, so the id also stands in our own database, where a first start of several realms is
 * decided by one transaction.
 */
export async function deviceId(context: StoreContext): Promise<string> {
  const local = readLocal(context);
  try {
    const id = local === null ? await storedOrNew(context) : await mirrored(context, local);
    if (local === null) writeLocal(context, id);
    return id;
  } catch (error) {
    if (local !== null) return local;
    idOfPage ??= uuidV4(context.random);
    const id = idOfPage;
    // Where only localStorage is given, it is enough.
    if (writeLocal(context, id)) return id;
    context.logger.warn('key store: the device id cannot be kept, it is one for this page', {
      reason: error instanceof Error ? error.message : String(error),
    });
    return id;
  }
}

function storedOrNew(context: StoreContext): Promise<string> {
  return writeIn(context.local, [STORE], async (transaction) => {
    const store = transaction.objectStore(STORE);
    const stored: unknown = await store.get(NAME);
    if (isDeviceId(stored)) return stored;
    const id = uuidV4(context.random);
    await store.put(id, NAME);
    return id;
  });
}

/** localStorage wins: other SDKs know only that. */
async function mirrored(context: StoreContext, id: string): Promise<string> {
  const stored: unknown = await readIn(context.local, [STORE], (transaction) =>
    transaction.objectStore(STORE).get(NAME),
  );
  if (stored !== id) {
    await writeIn(context.local, [STORE], (transaction) => transaction.objectStore(STORE).put(id, NAME));
  }
  return id;
}

function readLocal(context: StoreContext): string | null {
  try {
    const id = context.platform.localStorage?.getItem(NAME)?.trim();
    return isDeviceId(id) ? id : null;
  } catch (error) {
    context.logger.debug('key store: localStorage cannot be read', { reason: String(error) });
    return null;
  }
}

function writeLocal(context: StoreContext, id: string): boolean {
  const { localStorage } = context.platform;
  if (localStorage === null || localStorage === undefined) return false;
  try {
    localStorage.setItem(NAME, id);
    return true;
  } catch (error) {
    context.logger.debug('key store: localStorage cannot be written', { reason: String(error) });
    return false;
  }
}
