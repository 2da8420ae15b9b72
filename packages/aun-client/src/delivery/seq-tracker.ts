import type { Clock } from 'aun-core';

type Gap = { start: number; end: number; probes: number; probedAt: number };

/** Waits between two pulls for the same gap, in milliseconds; the last one repeats (04 §14.1). */
const PROBE_BACKOFF_MS = [1_000, 3_000, 10_000, 30_000, 60_000];
const MAX_RECEIVED = 5_000;

/**
 * Which sequence numbers of one namespace have been seen (04 §14.1).
 * `contiguous` is the highest number below which nothing is missing, `maxSeen` the highest ever heard of.
 */
export class SeqTracker {
  #contiguous: number;
  #maxSeen: number;
  readonly #received = new Set<number>();
  #gaps: Gap[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock, restored = 0) {
    this.#clock = clock;
    this.#contiguous = restored;
    this.#maxSeen = restored;
  }

  get contiguous(): number {
    return this.#contiguous;
  }

  get maxSeen(): number {
    return this.#maxSeen;
  }

  /** Highest number that arrived above a gap; 0 when none did. */
  get highestReceived(): number {
    let highest = 0;
    for (const seq of this.#received) if (seq > highest) highest = seq;
    return highest;
  }

  updateMaxSeen(seq: number): void {
    if (seq > this.#maxSeen) this.#maxSeen = seq;
  }

  /** Notes an arrived number; true when a gap below it should be pulled now. */
  onMessageSeq(seq: number): boolean {
    this.updateMaxSeen(seq);
    if (seq <= this.#contiguous) return false;
    this.#received.add(seq);
    if (seq === this.#contiguous + 1) {
      this.#advance();
      return false;
    }
    if (this.#received.size > MAX_RECEIVED) this.#compact();
    return seq > this.#contiguous ? this.#noteGap(this.#contiguous + 1, seq - 1) : false;
  }

  /** Moves forward: everything up to `seq` is settled, whether it was seen or not. Never moves back. */
  forceContiguous(seq: number): void {
    if (seq <= this.#contiguous) return;
    this.#contiguous = seq;
    this.updateMaxSeen(seq);
    this.#dropCovered();
    this.#advance();
  }

  /** Moves back after a push proved that the local state is ahead of the server. `maxSeen` stays. */
  repairContiguous(seq: number): void {
    if (seq >= this.#contiguous) return;
    this.#contiguous = Math.max(0, seq);
  }

  #noteGap(start: number, end: number): boolean {
    const now = this.#clock.now();
    const known = this.#gaps.find((gap) => gap.start === start);
    if (known === undefined) {
      this.#gaps.push({ start, end, probes: 1, probedAt: now });
      return true;
    }
    known.end = Math.max(known.end, end);
    const waited = now - known.probedAt;
    // Less than no time: the clock was set back, and says nothing about the wait.
    if (waited >= 0 && waited < this.#backoff(known.probes - 1)) return false;
    known.probedAt = now;
    known.probes += 1;
    return true;
  }

  #backoff(probes: number): number {
    return PROBE_BACKOFF_MS[Math.min(probes, PROBE_BACKOFF_MS.length - 1)] ?? 60_000;
  }

  #advance(): void {
    while (this.#received.delete(this.#contiguous + 1)) this.#contiguous += 1;
    this.#dropCovered();
  }

  #compact(): void {
    let lowest = Number.POSITIVE_INFINITY;
    for (const seq of this.#received) lowest = Math.min(lowest, seq);
    if (!Number.isFinite(lowest)) return;
    this.#contiguous = Math.max(this.#contiguous, lowest - 1);
    this.#advance();
  }

  #dropCovered(): void {
    for (const seq of this.#received) if (seq <= this.#contiguous) this.#received.delete(seq);
    this.#gaps = this.#gaps.filter((gap) => gap.end > this.#contiguous);
  }
}
