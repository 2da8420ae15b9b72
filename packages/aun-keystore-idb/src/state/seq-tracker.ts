import { type InstanceScope, isJsonObject, KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { type ReadTransaction, readIn, type WriteTransaction, writeIn } from '../db/transact.js';
import { instanceKey, prefixRange, seqKey } from '../record-keys.js';
import { stateOf } from './instance-state.js';

const STORE = 'instance_state';

/** Keys of one AID, device and slot. */
interface SeqScope {
  readonly state: string;
  readonly seqOf: (namespace: string) => string;
}

const scopeOf = (aid: string, { deviceId, slotId }: InstanceScope): SeqScope => ({
  state: instanceKey(aid, deviceId, slotId),
  seqOf: (namespace) => seqKey(aid, deviceId, slotId, namespace),
});

/** Cursors of this device and slot by namespace (08 §7.5). */
export async function loadAllSeqs(
  context: StoreContext,
  aid: string,
  scope: InstanceScope,
): Promise<ReadonlyMap<string, number>> {
  const keys = scopeOf(aid, scope);
  const { seqs, legacy } = await readIn(context.keystore, [STORE], async (transaction) => ({
    seqs: await readSeqs(transaction, keys),
    legacy: legacyCursors(await transaction.objectStore(STORE).get(keys.state)),
  }));
  if (seqs.size > 0 || legacy === null) return seqs;
  return writeIn(context.keystore, [STORE], async (transaction) => {
    await importLegacy(transaction, keys, context.clock.now());
    return readSeqs(transaction, keys);
  });
}

/** Raises stored cursors; lowers one only with `reset` (an explicit floor or reset of the server). */
export async function saveSeqs(
  context: StoreContext,
  aid: string,
  scope: InstanceScope,
  seqs: ReadonlyMap<string, number>,
  options: { readonly reset?: boolean } = {},
): Promise<void> {
  const keys = scopeOf(aid, scope);
  for (const [namespace, seq] of seqs) {
    if (Number.isSafeInteger(seq) && seq >= 0) continue;
    throw new KeyStoreError('invalid_argument', `seqs: ${namespace} must be a non-negative safe integer`);
  }
  if (seqs.size === 0) return;
  const now = context.clock.now();
  // A cursor lost in a power cut costs a second delivery, which is dropped as known.
  await writeIn(
    context.keystore,
    [STORE],
    async (transaction) => {
      await importLegacy(transaction, keys, now);
      for (const [namespace, seq] of seqs) {
        await raise(transaction, keys.seqOf(namespace), seq, now, options.reset === true);
      }
    },
    'relaxed',
  );
  context.notices.tell('cursors', aid);
}

async function raise(
  transaction: WriteTransaction,
  key: string,
  seq: number,
  now: number,
  reset: boolean,
): Promise<void> {
  const store = transaction.objectStore(STORE);
  const stored = seqOf(await store.get(key));
  if (reset || stored === null || seq > stored) {
    await store.put({ contiguous_seq: seq, updated_at: now }, key);
  }
}

async function readSeqs(
  transaction: ReadTransaction | WriteTransaction,
  keys: SeqScope,
): Promise<ReadonlyMap<string, number>> {
  const prefix = keys.seqOf('');
  const range = prefixRange(prefix);
  const store = transaction.objectStore(STORE);
  const found = await Promise.all([store.getAllKeys(range), store.getAll(range) as Promise<unknown[]>]);
  const seqs = new Map<string, number>();
  for (const [index, key] of found[0].entries()) {
    const namespace = decoded(String(key).slice(prefix.length));
    const seq = seqOf(found[1][index]);
    if (namespace !== null && seq !== null) seqs.set(namespace, seq);
  }
  return seqs;
}

/** Null for a record that holds no cursor: it counts as absent. */
function seqOf(value: unknown): number | null {
  const seq = isJsonObject(value) ? value.contiguous_seq : undefined;
  return isCursor(seq) ? seq : null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** Old builds kept the cursors inside the instance state: taken over when there are none, then removed (08 §7.3). */
async function importLegacy(transaction: WriteTransaction, keys: SeqScope, now: number): Promise<void> {
  const store = transaction.objectStore(STORE);
  const state: unknown = await store.get(keys.state);
  const cursors = legacyCursors(state);
  if (cursors === null) return;
  if ((await readSeqs(transaction, keys)).size === 0) {
    for (const [namespace, seq] of cursors) {
      await store.put({ contiguous_seq: seq, updated_at: now }, keys.seqOf(namespace));
    }
  }
  const { seq_tracker_state: _, ...rest } = stateOf(state);
  await store.put(rest, keys.state);
}

function legacyCursors(state: unknown): ReadonlyMap<string, number> | null {
  const value = stateOf(state).seq_tracker_state;
  if (!isJsonObject(value)) return null;
  return new Map(Object.entries(value).filter((entry): entry is [string, number] => isCursor(entry[1])));
}

const isCursor = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
