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

class Entry implements FlowTicket {
  readonly start: () => void;
  readonly background: boolean;
  started = false;
  isRunning = false;
  readonly #leave: (entry: Entry) => void;

  constructor(start: () => void, background: boolean, leave: (entry: Entry) => void) {
    this.start = start;
    this.background = background;
    this.#leave = leave;
  }

  release(): void {
    this.#leave(this);
  }
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
  #running = 0;
  #runningBackground = 0;

  constructor(options: FlowControlOptions = {}) {
    this.#maxInFlight = options.maxInFlight ?? 16;
    this.#maxBackground = options.maxBackground ?? 8;
  }

  get inFlight(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#foreground.size + this.#background.size;
  }

  /** Calls `start` as soon as there is a place: before `enter` returns if there is one now. */
  enter(start: () => void, background = false): FlowTicket {
    const entry = new Entry(start, background, this.#release);
    const queue = background ? this.#background : this.#foreground;
    if (queue.size === 0 && this.#hasPlace(background)) {
      this.#begin(entry);
      return entry;
    }
    queue.add(entry);
    this.#admit();
    return entry;
  }

  readonly #release = (entry: Entry): void => {
    if (!entry.isRunning) {
      if (!entry.started) (entry.background ? this.#background : this.#foreground).delete(entry);
      return;
    }
    entry.isRunning = false;
    this.#running -= 1;
    if (entry.background) this.#runningBackground -= 1;
    if (this.queued > 0) this.#admit();
  };

  #admit(): void {
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
      (entry.background ? this.#background : this.#foreground).delete(entry);
      this.#begin(entry);
    }
  }

  #begin(entry: Entry): void {
    this.#running += 1;
    if (entry.background) this.#runningBackground += 1;
    entry.started = true;
    entry.isRunning = true;
    entry.start();
  }

  /** Waiting foreground requests have the first place that becomes free. */
  #hasPlace(background: boolean): boolean {
    if (this.#running >= this.#maxInFlight) return false;
    if (!background) return true;
    return this.#foreground.size === 0 && this.#runningBackground < this.#maxBackground;
  }

  #next(): Entry | undefined {
    if (this.#running >= this.#maxInFlight) return undefined;
    return first(this.#foreground) ?? (this.#hasPlace(true) ? first(this.#background) : undefined);
  }
}

function first(queue: ReadonlySet<Entry>): Entry | undefined {
  for (const entry of queue) return entry;
  return undefined;
}
