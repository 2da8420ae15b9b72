/** Downloads at a time (09 §7.2). */
export const MAX_PARALLEL_DOWNLOADS = 8;

/** Background downloads that may wait (09 §8.2). */
export const MAX_QUEUED_DOWNLOADS = 64;

interface Flight<T> {
  readonly result: Promise<T>;
}

/** Single flight per key, eight at a time, a bounded number of background jobs waiting. */
export class DownloadQueue<T> {
  readonly #flights = new Map<string, Flight<T>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Jobs that have not begun. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Joins the flight of this key or starts one. */
  run(key: string, job: () => Promise<T>): Promise<T> {
    const flight = this.#flights.get(key);
    if (flight !== undefined) return flight.result;
    const result = this.#start(job).finally(() => this.#flights.delete(key));
    this.#flights.set(key, { result });
    return result;
  }

  /** Like {@link run}, but `undefined` when too many jobs wait already. */
  offer(key: string, job: () => Promise<T>): Promise<T> | undefined {
    if (!this.#flights.has(key) && this.#waiting.length >= MAX_QUEUED_DOWNLOADS) return undefined;
    return this.run(key, job);
  }

  async #start(job: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_PARALLEL_DOWNLOADS) await new Promise<void>((next) => this.#waiting.push(next));
    else this.#running += 1;
    try {
      return await job();
    } finally {
      // The place goes straight to the next one, so that nobody can slip in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
