import { type InstanceScope, type InstanceState, isJsonObject } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';
import { instanceKey, instancePrefix, prefixRange } from '../record-keys.js';

const STORE = 'instance_state';
export const stateOf = (value: unknown): InstanceState => (isJsonObject(value) ? value : {});

/** Tokens and what else stands in the record of this device and slot; empty when there is none (08 §7.3). */
export async function loadInstanceState(
  context: StoreContext,
  aid: string,
  scope: InstanceScope,
): Promise<InstanceState> {
  const key = instanceKey(aid, scope.deviceId, scope.slotId);
  return stateOf(
    await readIn(context.keystore, [STORE], (transaction) => transaction.objectStore(STORE).get(key)),
  );
}

/** Read-modify-write in one transaction, so that two tabs never lose each other's members (08 §7.3). */
export async function updateInstanceState(
  context: StoreContext,
  aid: string,
  scope: InstanceScope,
  update: (state: InstanceState) => InstanceState,
): Promise<InstanceState> {
  const key = instanceKey(aid, scope.deviceId, scope.slotId);
  const written = await writeIn(context.keystore, [STORE], async (transaction) => {
    const store = transaction.objectStore(STORE);
    const state = update(stateOf(await store.get(key)));
    await store.put(state, key);
    return state;
  });
  context.notices.tell('tokens', aid);
  return written;
}

/** The same in the records of all devices and slots, in one transaction (07 §3.10). */
export async function updateInstanceStates(
  context: StoreContext,
  aid: string,
  update: (state: InstanceState) => InstanceState,
): Promise<void> {
  const range = prefixRange(instancePrefix(aid));
  await writeIn(context.keystore, [STORE], async (transaction) => {
    const store = transaction.objectStore(STORE);
    for (const key of await store.getAllKeys(range))
      await store.put(update(stateOf(await store.get(key))), key);
  });
  context.notices.tell('tokens', aid);
}
