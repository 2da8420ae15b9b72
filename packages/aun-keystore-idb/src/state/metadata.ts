import { type IdentityMetadata, isJsonObject, type JsonValue } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';
import { entryName } from '../record-keys.js';

const STORE = 'metadata';

/** Values are kept as they are, not as JSON text (08 §10.1). */
export async function loadMetadata(context: StoreContext, aid: string): Promise<IdentityMetadata> {
  const name = entryName(aid);
  const value: unknown = await readIn(context.keystore, [STORE], (transaction) =>
    transaction.objectStore(STORE).get(name),
  );
  return isJsonObject(value) ? value : {};
}

export async function saveMetadata(
  context: StoreContext,
  aid: string,
  changes: { readonly [key: string]: JsonValue | undefined },
): Promise<void> {
  const name = entryName(aid);
  const entries = Object.entries(changes);
  if (entries.length === 0) return;
  await writeIn(context.keystore, [STORE], async (transaction) => {
    const store = transaction.objectStore(STORE);
    const stored: unknown = await store.get(name);
    const members = new Map<string, unknown>(isJsonObject(stored) ? Object.entries(stored) : []);
    for (const [key, value] of entries) {
      if (value === undefined) members.delete(key);
      else members.set(key, value);
    }
    await store.put(Object.fromEntries(members), name);
  });
  context.notices.tell('metadata', name);
}
