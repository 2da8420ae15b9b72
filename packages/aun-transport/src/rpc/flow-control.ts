export interface FlowControlOptions {
  /** Requests on the way at a time. Default 16 (02 §16). */
  readonly maxInFlight?: number;
  /** Of these, background ones: sync pulls, key publication, automatic acks. Default 8. */
  readonly maxBackground?: number;
}

export interface FlowTicket {
  readonly started: boolean;
  /** Frees the place, or leaves the queue without ever starting. Any number of times. */
  release(): void;
}

interface Entry extends FlowTicket {
  started: boolean;
  readonly background: boolean;
  readonly start: () => void;
}

/**
 * How many requests are on the way at a time (02 §16, 07 §7). Waiting foreground requests go first, each class in
 * order; background requests never take more than half of the places, so a person's action does not wait for a sync.
 */
export class FlowControl {
  readonly #maxInFlight: number;
  readonly #maxBackground: number;
  readonly #foreground = new Set<Entry>();
  readonly #background = new Set<Entry>();
  readonly #active = new Set<Entry>();
  #runningBackground = 0;

  constructor(options: FlowControlOptions = {}) {
    this.#maxInFlight = options.maxInFlight ?? 16;
    this.#maxBackground = options.maxBackground ?? 8;
  }

  get inFlight(): number {
    return this.#active.size;
  }

  get queued(): number {
    return this.#foreground.size + this.#background.size;
  }

  /** Calls `start` as soon as there is a place: before `enter` returns if there is one now. */
  enter(start: () => void, background = false): FlowTicket {
    const entry: Entry = { started: false, background, start, release: () => this.#release(entry) };
    (background ? this.#background : this.#foreground).add(entry);
    this.#admit();
    return entry;
  }

  #release(entry: Entry): void {
    const queue = entry.background ? this.#background : this.#foreground;
    if (queue.delete(entry)) return;
    if (!this.#active.delete(entry)) return;
    if (entry.background) this.#runningBackground -= 1;
    this.#admit();
  }

  #admit(): void {
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
      (entry.background ? this.#background : this.#foreground).delete(entry);
      this.#active.add(entry);
      if (entry.background) this.#runningBackground += 1;
      entry.started = true;
      entry.start();
    }
  }

  #next(): Entry | undefined {
    if (this.#active.size >= this.#maxInFlight) return undefined;
    return (
      first(this.#foreground) ??
      (this.#runningBackground < this.#maxBackground ? first(this.#background) : undefined)
    );
  }
}

function first(queue: ReadonlySet<Entry>): Entry | undefined {
  for (const entry of queue) return entry;
  return undefined;
}
