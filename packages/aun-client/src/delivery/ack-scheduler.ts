import { type Clock, isJsonObject, type JsonObject, type JsonValue, type TimerHandle } from 'aun-core';
import type { SignedCallOptions } from '../rpc/signed-caller.js';
import type { DeliveryNamespace } from './namespace.js';

/** Without options it is background work. */
export type AckCall = (upTo: number, options?: SignedCallOptions) => Promise<JsonValue>;

/** The cursor a server answers with; the first of the three names it may use (04 §8.1). */
export const ackedSeq = (answer: JsonValue, requested: number): number => {
  const fields = isJsonObject(answer) ? answer : {};
  const cursor = fields.effective_ack_seq ?? fields.ack_seq ?? fields.cursor;
  return typeof cursor === 'number' ? cursor : requested;
};

/** Time between two background acknowledgements of one namespace. What is not acknowledged yet is only kept longer. */
export const ACK_INTERVAL_MS = 500;

export type AckPorts = {
  readonly send: AckCall;
  readonly clock: Clock;
  readonly onAcked: (cursor: number) => void;
  readonly onError: (error: unknown) => void;
};

/**
 * Acknowledges one namespace. The first background request after a quiet time goes out at once; those that follow are
 * merged, so that a steady stream costs two signed calls a second and not one per message.
 */
export class AckScheduler {
  readonly #space: DeliveryNamespace;
  readonly #ports: AckPorts;
  #wanted = 0;
  /** Highest number sent by {@link soon}. */
  #sent = 0;
  #running = false;
  #timer: TimerHandle | null = null;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(space: DeliveryNamespace, ports: AckPorts) {
    this.#space = space;
    this.#ports = ports;
  }

  /** Acknowledges everything that was handed over, sometime soon. */
  soon(): void {
    const upTo = this.#space.publisher.settled;
    if (upTo <= this.#space.lastAcked || upTo <= this.#wanted) return;
    this.#wanted = upTo;
    this.#schedule();
  }

  /** Sends at once what waits for its time: the connection is about to be closed. */
  flush(): void {
    this.#stopTimer();
    if (this.#wanted > this.#sent) void this.#run();
  }

  /** The connection is gone: what was not sent is asked for again after the next one is there. */
  stop(): void {
    this.#stopTimer();
    this.#wanted = 0;
    this.#sent = 0;
  }

  /** Acknowledges up to `upTo` and waits for the answer. Rejects as the RPC does. */
  async now(upTo: number, options?: SignedCallOptions): Promise<JsonValue> {
    this.#sentAt = this.#ports.clock.now();
    const answer = await this.#ports.send(upTo, options);
    const cursor = ackedSeq(answer, upTo);
    this.#space.lastAcked = Math.max(this.#space.lastAcked, cursor);
    this.#ports.onAcked(cursor);
    return answer;
  }

  #schedule(): void {
    if (this.#running || this.#timer !== null) return;
    const passed = this.#ports.clock.now() - this.#sentAt;
    if (passed >= ACK_INTERVAL_MS || passed < 0) {
      void this.#run();
      return;
    }
    const due = () => {
      this.#timer = null;
      void this.#run();
    };
    this.#timer = this.#ports.clock.setTimeout(due, ACK_INTERVAL_MS - passed, { background: true });
  }

  async #run(): Promise<void> {
    const upTo = this.#wanted;
    if (upTo <= this.#space.lastAcked) return;
    this.#running = true;
    this.#sent = upTo;
    try {
      await this.now(upTo);
      // A server that did not move its cursor must not be asked again for the same number.
      this.#space.lastAcked = Math.max(this.#space.lastAcked, upTo);
    } catch (error) {
      this.#wanted = 0;
      this.#sent = 0;
      this.#ports.onError(error);
    } finally {
      this.#running = false;
    }
    if (this.#wanted > this.#space.lastAcked) this.#schedule();
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Result of `message.ack` when there is nothing to acknowledge: no RPC is made (04 §14.11). */
export const NOTHING_TO_ACK: JsonObject = { acked: 0 };
