import type { JsonObject, JsonValue } from 'aun-core';
import { seqOf } from './pulled-row.js';

const MAX_UNHEARD = 1_000;

/**
 * Messages that were delivered while nobody listened: they wait for the first listener or the next pull of the
 * application (04 §25.1), the newest 1,000 of them.
 */
export class UnheardMessages {
  #messages: JsonObject[] = [];

  add(message: JsonObject): void {
    this.#messages.push(message);
    if (this.#messages.length > MAX_UNHEARD) this.#messages.shift();
  }

  /** All of them in the order of their arrival; they are gone from here. */
  takeAll(): readonly JsonObject[] {
    const all = this.#messages;
    this.#messages = [];
    return all;
  }

  /** What a pull returns: those that waited and lie above `after`, then the pulled ones, each number once. */
  before(pulled: readonly JsonObject[], after: number): JsonValue[] {
    const numbers = new Set(pulled.map(seqOf));
    const waiting = this.takeAll().filter((message) => {
      const seq = seqOf(message);
      return seq === 0 || (seq > after && !numbers.has(seq));
    });
    return [...waiting, ...pulled];
  }
}
