import type { JsonObject, JsonValue } from 'aun-core';
import { seqOf } from './pulled-row.js';

const MAX_MESSAGES = 1_000;
/** Characters of JSON: senders decide how long messages are. */
const MAX_LENGTH = 16 * 1024 * 1024;

const MAX_FRAME = 1024 * 1024;

type Waiting = { readonly message: JsonObject; readonly length: number };

/**
 * Messages that were delivered while nobody listened: they wait for the first listener or the next pull of the
 * application (04 §25.1), the newest 1,000 of them and no more than 16 MB.
 */
export class UnheardMessages {
  #waiting: Waiting[] = [];
  #length = 0;

  add(message: JsonObject): void {
    const length = lengthOf(message);
    this.#waiting.push({ message, length });
    this.#length += length;
    while (this.#waiting.length > MAX_MESSAGES || this.#length > MAX_LENGTH) {
      this.#length -= this.#waiting.shift()?.length ?? this.#length;
    }
  }

  /** All of them in the order of their arrival; they are gone from here. */
  takeAll(): readonly JsonObject[] {
    const all = this.#waiting.map(({ message }) => message);
    this.#waiting = [];
    this.#length = 0;
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

/** Of the JSON text; the platform has none for what is nested too deeply, which then counts as a whole frame. */
const lengthOf = (message: JsonObject): number => {
  try {
    return JSON.stringify(message).length;
  } catch {
    return MAX_FRAME;
  }
};
