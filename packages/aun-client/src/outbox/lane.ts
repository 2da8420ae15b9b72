import { type Clock, type OutboxEntry, sleep } from 'aun-core';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export type LanePorts = {
  readonly clock: Clock;
  /**
   * One try; true when nothing is left to do for the entry. `failures` counts the tries before, those of earlier
   * processes too; the signal says that the lane was stopped. Never rejects.
   */
  readonly attempt: (entry: OutboxEntry, failures: number, signal: AbortSignal) => Promise<boolean>;
};

/** The messages for one recipient: they leave one after another, each tried until it is settled or taken out. */
export class Lane {
  readonly #ports: LanePorts;
  /** By message id, in the order of sending. */
  readonly #entries = new Map<string, OutboxEntry>();
  readonly #end = new AbortController();
  #underWay: OutboxEntry | null = null;
  #rest = new AbortController();
  #running = false;

  constructor(ports: LanePorts) {
    this.#ports = ports;
  }

  /** A message that is here already stays where it is. */
  add(entry: OutboxEntry): void {
    if (this.#end.signal.aborted || this.#entries.has(entry.messageId)) return;
    this.#entries.set(entry.messageId, entry);
    if (!this.#running) void this.#run();
  }

  /** When the next message gets too old, in Unix ms; the one that is under way does not count. */
  get nextExpiry(): number | null {
    let next: number | null = null;
    for (const entry of this.#entries.values()) {
      if (entry.expiresAt === null || entry === this.#underWay) continue;
      next = Math.min(next ?? entry.expiresAt, entry.expiresAt);
    }
    return next;
  }

  /** Takes out what is too old, wherever it stands; not the one that is under way, which may have arrived. */
  takeExpired(now: number): readonly OutboxEntry[] {
    const head = this.#head;
    const expired = [...this.#entries.values()].filter(
      (entry) => entry !== this.#underWay && isExpired(entry, now),
    );
    for (const { messageId } of expired) this.#entries.delete(messageId);
    // Its successor need not wait for a try that will not be.
    if (head !== this.#head) this.#rest.abort();
    return expired;
  }

  /** For good: nothing more is tried and no timer is left. */
  stop(): void {
    this.#end.abort();
    this.#entries.clear();
    this.#rest.abort();
  }

  get #head(): OutboxEntry | undefined {
    return this.#entries.values().next().value;
  }

  async #run(): Promise<void> {
    this.#running = true;
    let wait = FIRST_WAIT_MS;
    let tries = 0;
    for (let entry = this.#head; entry !== undefined; entry = this.#head) {
      this.#underWay = entry;
      const settled = await this.#ports.attempt(entry, entry.attempts + tries, this.#end.signal);
      this.#underWay = null;
      if (settled) this.#entries.delete(entry.messageId);
      else await this.#pause(wait);
      const again = this.#head === entry;
      wait = again ? Math.min(wait * 2, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
      tries = again ? tries + 1 : 0;
    }
    this.#running = false;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#rest = new AbortController();
    // Rejects when the lane is stopped or the entry taken out: the loop looks at what is there then.
    await sleep(this.#ports.clock, ms, this.#rest.signal).catch(() => undefined);
  }
}

export const isExpired = ({ expiresAt }: OutboxEntry, now: number): boolean =>
  expiresAt !== null && now >= expiresAt;
