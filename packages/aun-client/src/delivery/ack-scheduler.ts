import { isJsonObject, type JsonObject, type JsonValue } from 'aun-core';
import type { DeliveryNamespace } from './namespace.js';

export type AckCall = (upTo: number) => Promise<JsonValue>;

/** The cursor a server answers with; the first of the three names it may use (04 §8.1). */
export const ackedSeq = (answer: JsonValue, requested: number): number => {
  const fields = isJsonObject(answer) ? answer : {};
  const cursor = fields.effective_ack_seq ?? fields.ack_seq ?? fields.cursor;
  return typeof cursor === 'number' ? cursor : requested;
};

/**
 * Acknowledges one namespace. Background requests are merged: while one is on its way only the highest later one is
 * remembered, so a burst of messages costs two calls and not one each.
 */
export class AckScheduler {
  readonly #space: DeliveryNamespace;
  readonly #send: AckCall;
  readonly #onAcked: (cursor: number) => void;
  readonly #onError: (error: unknown) => void;
  #wanted = 0;
  #running = false;

  constructor(
    space: DeliveryNamespace,
    send: AckCall,
    onAcked: (cursor: number) => void,
    onError: (error: unknown) => void,
  ) {
    this.#space = space;
    this.#send = send;
    this.#onAcked = onAcked;
    this.#onError = onError;
  }

  /** Acknowledges everything that was handed over, sometime soon. */
  soon(): void {
    const upTo = this.#space.publisher.settled;
    if (upTo <= Math.max(this.#space.lastAcked, this.#wanted)) return;
    this.#wanted = upTo;
    if (!this.#running) void this.#drain();
  }

  /** Acknowledges up to `upTo` and waits for the answer. Rejects as the RPC does. */
  async now(upTo: number): Promise<JsonValue> {
    const answer = await this.#send(upTo);
    const cursor = ackedSeq(answer, upTo);
    this.#space.lastAcked = Math.max(this.#space.lastAcked, cursor);
    this.#onAcked(cursor);
    return answer;
  }

  async #drain(): Promise<void> {
    this.#running = true;
    try {
      while (this.#wanted > this.#space.lastAcked) {
        const upTo = this.#wanted;
        await this.now(upTo);
        // A server that did not move its cursor must not be asked again for the same number.
        this.#space.lastAcked = Math.max(this.#space.lastAcked, upTo);
      }
    } catch (error) {
      this.#wanted = 0;
      this.#onError(error);
    } finally {
      this.#running = false;
    }
  }
}

/** Result of `message.ack` when there is nothing to acknowledge: no RPC is made (04 §14.11). */
export const NOTHING_TO_ACK: JsonObject = { success: true, acked: 0 };
