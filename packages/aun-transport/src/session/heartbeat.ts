import { type Clock, isJsonObject, type JsonValue, systemClock, type TimerHandle } from 'aun-core';

export interface HeartbeatOptions {
  /** One `meta.ping`; its result may carry `heartbeat_interval`. */
  readonly ping: () => Promise<JsonValue>;
  /** Seconds; clamped like {@link heartbeatSeconds}. Default 30. */
  readonly intervalSeconds?: number;
  /** Every failed ping, with the count since the last good one. */
  readonly onFailure?: (error: unknown, consecutive: number) => void;
  /** After `maxFailures` failed pings in a row; the heartbeat has then stopped. */
  readonly onDead: (error: unknown) => void;
  /** Default 2 (02 §14). */
  readonly maxFailures?: number;
  readonly clock?: Clock;
}

/** Seconds between pings: 10 to 600, 0 for "off", which also values that are no positive number mean (02 §14). */
export function heartbeatSeconds(value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value) || value <= 0) return 0;
  return Math.min(Math.max(value, 10), 600);
}

/** Asks the gateway at intervals whether it is still there (02 §14). The first ping goes out after one interval. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #clock: Clock;
  #seconds: number;
  #timer: TimerHandle;
  #failures = 0;
  // Counts starts, so that the answer to an old start's ping changes nothing.
  #run = 0;
  #running = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#seconds = heartbeatSeconds(options.intervalSeconds ?? 30);
  }

  /** Seconds between pings; 0 when off. */
  get intervalSeconds(): number {
    return this.#seconds;
  }

  start(): void {
    this.stop();
    this.#running = true;
    this.#failures = 0;
    this.#schedule();
  }

  /** Nothing is called any more, not even for a ping that is under way. */
  stop(): void {
    this.#running = false;
    this.#run += 1;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Takes over the `heartbeat_interval` of an `auth.connect` result or of a pong, if the key is there. */
  adopt(result: JsonValue): void {
    if (!isJsonObject(result) || !Object.hasOwn(result, 'heartbeat_interval')) return;
    const seconds = heartbeatSeconds(result.heartbeat_interval);
    if (seconds === this.#seconds) return;
    this.#seconds = seconds;
    if (!this.#running) return;
    this.#clock.clearTimeout(this.#timer);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#seconds === 0) return;
    const run = this.#run;
    this.#timer = this.#clock.setTimeout(() => void this.#beat(run), this.#seconds * 1000);
  }

  async #beat(run: number): Promise<void> {
    try {
      const pong = await this.#options.ping();
      if (run !== this.#run) return;
      this.#failures = 0;
      this.adopt(pong);
    } catch (error) {
      if (run !== this.#run) return;
      this.#failures += 1;
      this.#options.onFailure?.(error, this.#failures);
      if (run !== this.#run) return;
      if (this.#failures >= (this.#options.maxFailures ?? 2)) {
        this.stop();
        this.#options.onDead(error);
        return;
      }
    }
    this.#clock.clearTimeout(this.#timer);
    this.#schedule();
  }
}
