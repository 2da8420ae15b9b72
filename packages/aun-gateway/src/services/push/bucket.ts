import type { JsonObject } from 'aun-core';

/** A message that was stored for an AID without live long connection. */
export interface WaitingMessage {
  readonly targetAid: string;
  readonly fromAid: string;
  /** Unix ms. */
  readonly at: number;
  /** The group it was sent to, or null for a message between two. */
  readonly groupAid: string | null;
}

export interface BucketRules {
  readonly windowMs: number;
  readonly windowMessages: number;
  readonly coolDownMs: number;
}

/** Enough for a notification's text; the rest is only counted. */
const MAX_NAMES = 20;

/** What waits for one AID since its last notification (04 §19). */
export class Bucket {
  readonly #rules: BucketRules;
  #count = 0;
  #since = 0;
  #latest = 0;
  #coolUntil = 0;
  /** Until then a message is not the first: it joins the window. */
  #freshAt = 0;
  readonly #senders = new Set<string>();
  readonly #groups = new Set<string>();

  constructor(rules: BucketRules) {
    this.#rules = rules;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add({ at, fromAid, groupAid }: WaitingMessage): void {
    if (this.#count === 0) this.#since = at;
    this.#count += 1;
    this.#latest = Math.max(this.#latest, at);
    if (this.#senders.size < MAX_NAMES) this.#senders.add(fromAid);
    if (groupAid !== null && this.#groups.size < MAX_NAMES) this.#groups.add(groupAid);
  }

  /** When the next notification may go: the first message at once, later ones together, never while cooling down. */
  dueAt(): number {
    const { windowMessages, windowMs } = this.#rules;
    const alone = this.#count === 1 && this.#freshAt <= this.#since;
    const together = this.#count >= windowMessages ? this.#latest : this.#since + windowMs;
    return Math.max(this.#coolUntil, alone ? this.#since : together);
  }

  /** When an empty bucket may be forgotten. */
  get forgetAt(): number {
    return this.#freshAt;
  }

  /** `summary` of the notification. Never content. */
  summary(): JsonObject {
    return {
      unread_count: this.#count,
      senders: [...this.#senders],
      latest_ts: Math.floor(this.#latest / 1000),
      group_ids: [...this.#groups],
    };
  }

  notified(nowMs: number): void {
    this.clear();
    const { coolDownMs, windowMs } = this.#rules;
    this.#coolUntil = nowMs + coolDownMs;
    this.#freshAt = nowMs + Math.max(coolDownMs, windowMs);
  }

  /** The AID came online, or nobody could be told. The cool-down stays. */
  clear(): void {
    this.#count = 0;
    this.#senders.clear();
    this.#groups.clear();
  }
}
