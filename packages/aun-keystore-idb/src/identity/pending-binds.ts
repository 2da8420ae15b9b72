import { type KeyPairRecord, KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';
import { assertUnchanged, untilUnchanged } from '../db/unchanged.js';
import { parseKeyRecord } from '../keys/key-record.js';
import { checkedKeyPair, openKey, protectKey, tryOpenKey } from '../keys/protect-key.js';
import { backupOf } from './key-pairs.js';

const STORE = 'pending_binds';

/** Key of a parked group key: the trimmed group id (08 §10.1). */
function bindKey(groupId: string): string {
  const key = groupId.trim();
  if (key !== '' && key.length <= 200) return key;
  throw new KeyStoreError('invalid_argument', 'groupId: must be 1 to 200 characters');
}

const read = (context: StoreContext, key: string): Promise<unknown> =>
  readIn(context.keystore, [STORE], (transaction) => transaction.objectStore(STORE).get(key));

/** Parks the key of a group until its AID is bound (08 §5.4); another one that was there is kept as `.bad`. */
export function savePendingBind(
  context: StoreContext,
  groupId: string,
  keyPair: KeyPairRecord,
): Promise<void> {
  const key = bindKey(groupId);
  const checked = checkedKeyPair(keyPair);
  return untilUnchanged(async () => {
    const before = await read(context, key);
    const record = parseKeyRecord(before);
    if (record?.kind === 'protected') {
      const stored = await tryOpenKey(context, record);
      if (stored?.publicKeyDerB64 === checked.publicKeyDerB64) return;
    }
    const value = await protectKey(context, checked, record);
    const backup = await backupOf(context, before, record);
    await writeIn(context.keystore, [STORE], async (transaction) => {
      const store = transaction.objectStore(STORE);
      assertUnchanged(await store.get(key), before);
      if (backup !== null) await store.put(backup, await freeKey(store, key));
      await store.put(value, key);
    });
  });
}

/** A damaged or undecryptable record counts as absent and is kept as `.bad` (08 §5.4). */
export async function loadPendingBind(context: StoreContext, groupId: string): Promise<KeyPairRecord | null> {
  const key = bindKey(groupId);
  const value = await read(context, key);
  const record = parseKeyRecord(value);
  try {
    const keyPair = await openKey(context, record, `group ${key}`);
    if (record?.kind === 'plaintext' && keyPair !== null) await savePendingBind(context, key, keyPair);
    return keyPair;
  } catch (error) {
    if (!(error instanceof KeyStoreError) || error.code !== 'private_key_unreadable') throw error;
  }
  context.logger.warn('key store: a parked group key is unreadable and was kept as .bad', { group: key });
  await untilUnchanged(() =>
    writeIn(context.keystore, [STORE], async (transaction) => {
      const store = transaction.objectStore(STORE);
      assertUnchanged(await store.get(key), value);
      await store.put(value, await freeKey(store, key));
      await store.delete(key);
    }),
  );
  return null;
}

export async function clearPendingBind(context: StoreContext, groupId: string): Promise<void> {
  const key = bindKey(groupId);
  await writeIn(context.keystore, [STORE], (transaction) => transaction.objectStore(STORE).delete(key));
}

async function freeKey(store: { count(key: string): Promise<number> }, key: string): Promise<string> {
  let free = `${key}.bad`;
  for (let number = 1; (await store.count(free)) > 0; number += 1) free = `${key}.bad.${number}`;
  return free;
}
