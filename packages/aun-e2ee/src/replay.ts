import { normalizeGroupId } from 'aun-core';

/**
 * Recognises a message that comes again under another sequence number (03 §8.4). The same message under the same
 * number is a legitimate second pull.
 */
export class ReplaySet {
  readonly #seen = new Map<string, number>();
  readonly #maxEntries: number;

  /** `maxEntries`: remembered messages, at least 5 000; the oldest go first. */
  constructor(maxEntries = 5_000) {
    this.#maxEntries = Math.max(5_000, maxEntries);
  }

  /** Remembers a message; false when it is a replay and must be consumed silently. */
  admit(message: {
    readonly from: string;
    readonly messageId: string;
    readonly groupId?: string | undefined;
    readonly seq: number;
  }): boolean {
    const group = message.groupId === undefined ? '' : normalizeGroupId(message.groupId);
    // No AID or group holds a NUL: a P2P message cannot take the place of a group's.
    const key = `${group}\0${message.from}\0${message.messageId}`;
    const seen = this.#seen.get(key);
    // Only a real number can say that it is the same delivery once more.
    if (seen !== undefined) return seen === message.seq && Number.isSafeInteger(seen) && seen > 0;
    this.#seen.set(key, message.seq);
    const oldest = this.#seen.keys().next();
    if (this.#seen.size > this.#maxEntries && !oldest.done) this.#seen.delete(oldest.value);
    return true;
  }
}
