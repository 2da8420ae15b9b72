/**
 * Lets work that ends in any order be used in the order in which it was begun, per key: messages are encrypted at the
 * same time and sent one after another.
 */
export class InOrder {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Calls `use` with what `work` gives after everything begun earlier was used or failed; gives what `use` gives. */
  async use<T, R>(key: string, work: Promise<T>, use: (value: T) => Promise<R>): Promise<R> {
    const before = this.#tails.get(key);
    // In an object, so that the next turn waits for the beginning of this use and not for its end.
    const turn = Promise.all([work, before]).then(([value]) => ({ used: use(value) }));
    // Without a value: each would hold the one before it for as long as the stream of messages lasts.
    const tail = Promise.allSettled([turn, before]).then(() => undefined);
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    const { used } = await turn;
    return used;
  }
}
