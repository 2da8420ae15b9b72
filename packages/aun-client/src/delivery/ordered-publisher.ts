import { BoundedSet } from './bounded-set.js';
import { ParkedMessages } from './parked-messages.js';
import type { SeqTracker } from './seq-tracker.js';

const REMEMBERED = 50_000;
const PARKED = 50_000;

/** Hands one message to the application; resolves when every handler is done. */
export type Emit = (event: string, message: object) => Promise<void>;

type Parked = { readonly event: string; readonly message: object };

const isSeq = (seq: unknown): seq is number =>
  typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0;

/**
 * Publishes the messages of one namespace in ascending order, each number once (04 §14.2).
 *
 * A number is *unsettled* from the moment it is claimed until its handlers are done. Acknowledgements and stored
 * cursors stop below the lowest unsettled number, so that a crash costs a repeat and never a message.
 */
export class OrderedPublisher {
  readonly #tracker: SeqTracker;
  readonly #emit: Emit;
  readonly #published = new BoundedSet<number>(REMEMBERED);
  readonly #parked = new ParkedMessages<Parked>(PARKED);
  /** Rows of a page that are about to be published: nothing higher may overtake them. */
  readonly #queued = new Set<number>();
  /** Messages that wait for a key: they do not stop others. */
  readonly #held = new Set<number>();
  /** Numbers whose handlers run now. */
  readonly #begun = new Set<number>();
  readonly #onSettled: () => void;
  #tail: Promise<unknown> = Promise.resolve();
  #running = 0;
  #stopped = false;

  /** `onSettled` hears of every number that was handed over completely: {@link settled} may have moved. */
  constructor(tracker: SeqTracker, emit: Emit, onSettled: () => void = () => undefined) {
    this.#tracker = tracker;
    this.#emit = emit;
    this.#onSettled = onSettled;
  }

  /** True while a handler of this namespace runs; a pull started from inside it must not wait for itself. */
  get isPublishing(): boolean {
    return this.#running > 0;
  }

  /** Highest number up to which everything has been handed over completely. */
  get settled(): number {
    return this.#below(() => true);
  }

  /** Highest number up to which everything has reached the application; its handlers may still run. */
  get begun(): number {
    return this.#below((seq) => !this.#begun.has(seq));
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /**
   * Hands nothing more over: what is queued stays unsettled and comes again. Handlers that run count as done, for the
   * application itself ends delivery.
   */
  stop(): void {
    this.#stopped = true;
    for (const seq of this.#begun) this.#release(seq);
    this.#onSettled();
  }

  isClaimed(seq: number): boolean {
    return this.#published.has(seq) || this.#queued.has(seq) || this.#held.has(seq);
  }

  /** Marks the rows of a page as received but not handed over yet. */
  claim(seqs: Iterable<number>): void {
    for (const seq of seqs) if (!this.#published.has(seq)) this.#queued.add(seq);
  }

  /** A message that cannot be opened yet: it stays unsettled while others pass. */
  hold(seq: number): void {
    this.#queued.delete(seq);
    if (!this.#published.has(seq)) this.#held.add(seq);
  }

  /** A number that carries nothing for the application. */
  settle(seq: number): void {
    this.#published.add(seq);
    this.#parked.take(seq);
    this.#release(seq);
    this.#onSettled();
  }

  /** The numbers up to here that are missing will never come: publishes what waits above them (04 §14.10). */
  closeHoles(upTo: number): Promise<void> {
    return this.#serial(async () => {
      await this.#drainBelow(upTo + 1);
      this.#tracker.forceContiguous(upTo);
      await this.#drainReady();
    });
  }

  /** For pushes: publishes when it is the next number, parks it when there is a gap. True when it was published. */
  publishOrdered(event: string, seq: unknown, message: object): Promise<boolean> {
    return this.#serial(async () => {
      if (!isSeq(seq)) {
        if (!this.#stopped) await this.#run(event, message);
        return true;
      }
      if (this.#published.has(seq) || seq <= this.#tracker.contiguous) return false;
      if (seq !== this.#tracker.contiguous + 1 || this.#isOvertaking(seq)) {
        this.#parked.put(seq, { event, message });
        return false;
      }
      await this.#deliver(seq, event, message);
      this.#tracker.onMessageSeq(seq);
      await this.#drainReady();
      return true;
    });
  }

  /** For pulled rows: publishes after everything parked below it; holes below it are permanent. */
  publishPulled(event: string, seq: number, message: object): Promise<boolean> {
    return this.#serial(async () => {
      if (this.#published.has(seq)) {
        this.#release(seq);
        return false;
      }
      await this.#drainBelow(seq);
      await this.#deliver(seq, event, message);
      this.#tracker.forceContiguous(seq);
      await this.#drainReady();
      return true;
    });
  }

  /** For a message that was held back and is out of its place now: publishes it, whatever came meanwhile. */
  publishLate(event: string, seq: number, message: object): Promise<boolean> {
    return this.#serial(async () => {
      if (this.#published.has(seq)) return false;
      await this.#deliver(seq, event, message);
      return true;
    });
  }

  /** Runs `task` when everything before has been handed over; nothing is handed over meanwhile. */
  between(task: () => Promise<void>): Promise<void> {
    return this.#serial(task);
  }

  /** Publishes every parked number that has become contiguous. */
  drain(): Promise<void> {
    return this.#serial(() => this.#drainReady());
  }

  #below(counts: (seq: number) => boolean): number {
    let lowest = this.#tracker.contiguous + 1;
    for (const seq of this.#queued) if (seq < lowest && counts(seq)) lowest = seq;
    for (const seq of this.#held) if (seq < lowest && counts(seq)) lowest = seq;
    return lowest - 1;
  }

  async #drainBelow(seq: number): Promise<void> {
    while (this.#parked.lowest < seq) await this.#deliverParked(this.#parked.lowest);
  }

  async #drainReady(): Promise<void> {
    for (;;) {
      const next = this.#parked.lowest;
      if (next > this.#tracker.contiguous + 1 || this.#isOvertaking(next)) return;
      await this.#deliverParked(next);
      this.#tracker.onMessageSeq(next);
    }
  }

  #isOvertaking(seq: number): boolean {
    for (const queued of this.#queued) if (queued < seq) return true;
    return false;
  }

  #release(seq: number): void {
    this.#queued.delete(seq);
    this.#held.delete(seq);
  }

  async #deliverParked(seq: number): Promise<void> {
    const parked = this.#parked.take(seq);
    if (parked !== undefined && !this.#published.has(seq))
      await this.#deliver(seq, parked.event, parked.message);
  }

  async #deliver(seq: number, event: string, message: object): Promise<void> {
    this.#parked.take(seq);
    this.#queued.add(seq);
    if (this.#stopped) return;
    this.#published.add(seq);
    this.#begun.add(seq);
    try {
      await this.#run(event, message);
    } finally {
      this.#begun.delete(seq);
      this.#release(seq);
      this.#onSettled();
    }
  }

  async #run(event: string, message: object): Promise<void> {
    this.#running += 1;
    try {
      await this.#emit(event, message);
    } finally {
      this.#running -= 1;
    }
  }

  #serial<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(task);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}
