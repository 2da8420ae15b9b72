import { isJsonObject, type JsonObject, type JsonValue } from 'aun-core';
import { BoundedSet } from './bounded-set.js';

const REMEMBERED = 10_000;
export const RECALL_TYPE = 'message.recalled';

const texts = (value: JsonValue | undefined): string[] =>
  Array.isArray(value)
    ? value.filter((entry): entry is string => typeof entry === 'string' && entry !== '')
    : [];

const SINGLE_IDS = ['recalled_message_id', 'target_message_id', 'original_message_id'] as const;

const recalledIds = (body: JsonObject): string[] => {
  const listed = texts(body.message_ids);
  if (listed.length > 0) return listed;
  const single = SINGLE_IDS.map((field) => body[field]).find((id) => typeof id === 'string' && id !== '');
  return typeof single === 'string' ? [single] : [];
};

const OPTIONAL = ['target_message_seqs', 'recalled_by', 'recalled_at', 'reason'] as const;

const present = (body: JsonObject, fields: readonly string[]): JsonObject =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const value = body[field];
      return value === undefined ? [] : [[field, value]];
    }),
  );

/** True for a pulled plain row or a push that announces a recall (04 §9). */
export const isRecallRow = (row: JsonObject): boolean => {
  if (row.type === RECALL_TYPE) return true;
  const legacy = isJsonObject(row.legacy_v1) ? row.legacy_v1 : row;
  return isJsonObject(legacy.payload) && legacy.payload.type === RECALL_TYPE;
};

/** The `message.recalled` event of a tombstone, whether it was pushed or pulled (04 §14.9). */
export const recallMessage = (row: JsonObject, ownAid: string): JsonObject => {
  const legacy = isJsonObject(row.legacy_v1) ? row.legacy_v1 : row;
  const body: JsonObject = isJsonObject(legacy.payload) ? legacy.payload : row;
  const id = row.tombstone_message_id ?? row.message_id ?? '';
  return {
    type: RECALL_TYPE,
    kind: RECALL_TYPE,
    message_ids: recalledIds(body),
    from: row.from ?? row.from_aid ?? '',
    to: row.to ?? legacy.to ?? ownAid,
    timestamp: row.timestamp ?? row.t_server ?? body.recalled_at ?? 0,
    message_id: id,
    tombstone_message_id: id,
    ...present(row, ['seq', 'device_id']),
    ...present(body, OPTIONAL),
  };
};

/** Lets each recall through once, however often and on whatever path it arrives (04 §14.8). */
export class RecallFilter {
  readonly #seen = new BoundedSet<string>(REMEMBERED);

  isFirst(recall: JsonObject): boolean {
    return this.#seen.add(recallKey(recall));
  }
}

const recallKey = (recall: JsonObject): string => {
  const ids = texts(recall.message_ids);
  if (ids.length > 0) return `ids:${[...ids].sort().join(',')}`;
  const seqs = recall.target_message_seqs;
  if (Array.isArray(seqs) && seqs.length > 0) return `seqs:${recall.from}:${recall.to}:${seqs.join(',')}`;
  return `tombstone:${recall.tombstone_message_id}`;
};
