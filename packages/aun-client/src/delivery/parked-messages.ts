/** Messages that came before their turn, by number; beyond the limit the lowest one is dropped (04 §14.2). */
export class ParkedMessages<T> {
  readonly #messages = new Map<number, T>();
  readonly #limit: number;
  #lowest = Number.POSITIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Lowest number; infinity when nothing is parked. */
  get lowest(): number {
    return this.#lowest;
  }

  put(seq: number, message: T): void {
    this.#messages.set(seq, message);
    this.#lowest = Math.min(this.#lowest, seq);
    if (this.#messages.size > this.#limit) this.take(this.#lowest);
  }

  take(seq: number): T | undefined {
    const message = this.#messages.get(seq);
    if (!this.#messages.delete(seq) || seq !== this.#lowest) return message;
    // Mostly the next number follows; only a gap costs a search.
    this.#lowest = this.#messages.has(seq + 1) ? seq + 1 : this.#search();
    return message;
  }

  #search(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const seq of this.#messages.keys()) if (seq < lowest) lowest = seq;
    return lowest;
  }
}
