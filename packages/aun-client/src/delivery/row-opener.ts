import { isJsonObject, type JsonObject } from 'aun-core';
import type { ReplaySet } from 'aun-e2ee';
import { type Instance, plainMessage } from './app-message.js';
import { type OpenRow, type RowOutcome, seqOf } from './pulled-row.js';
import { isRecallRow, RECALL_TYPE, type RecallFilter, recallMessage } from './recall.js';

/** Decrypts an encrypted row; see `e2ee/opener.ts`. */
export type OpenEncrypted = (row: JsonObject) => Promise<RowOutcome>;

export type RowOpenerPorts = {
  readonly own: Instance;
  readonly openEncrypted: OpenEncrypted;
  readonly recalls: RecallFilter;
  readonly replays: ReplaySet;
  /** Final touches on a plain message before the application sees it (echo lines). */
  readonly plain: (message: JsonObject) => JsonObject;
};

const SKIP: RowOutcome = { kind: 'skip' };

const isLegacyEncrypted = (payload: unknown): boolean =>
  isJsonObject(payload) && typeof payload.type === 'string' && payload.type.startsWith('e2ee.');

/** Sorts the rows of a P2P page: plain messages, recalls, encrypted messages, things to pass over (04 §7.3). */
export const rowOpener =
  ({ own, openEncrypted, recalls, replays, plain }: RowOpenerPorts): OpenRow =>
  async (row) => {
    if (row.version === undefined || row.version === 'v2') return openEncrypted(row);
    if (row.version !== 'v1') return SKIP;
    if (isRecallRow(row)) return recallOutcome(row, own.aid, recalls);
    return plainOutcome(plain(plainMessage(row, own.aid)), replays);
  };

/** A plain message, unless it is empty, a relic of older encryption, or a replay (03 §8.4, §14). */
export const plainOutcome = (message: JsonObject, replays: ReplaySet): RowOutcome => {
  const { payload, from, message_id } = message;
  if (payload === undefined || payload === null || isLegacyEncrypted(payload)) return SKIP;
  const known = typeof from === 'string' && typeof message_id === 'string' && message_id !== '';
  if (known && !replays.admit({ from, messageId: message_id, seq: seqOf(message) })) return SKIP;
  return { kind: 'message', event: 'message.received', message, returned: true };
};

/** A recall occupies its number even when the application heard of it already. */
export const recallOutcome = (row: JsonObject, ownAid: string, recalls: RecallFilter): RowOutcome => {
  const message = recallMessage(row, ownAid);
  return recalls.isFirst(message) ? { kind: 'message', event: RECALL_TYPE, message, returned: false } : SKIP;
};
