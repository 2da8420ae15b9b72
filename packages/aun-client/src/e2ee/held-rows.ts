import { type Clock, sleep } from 'aun-core';
import type { RowOutcome } from '../delivery/pulled-row.js';

const WAITS_MS = [1_000, 3_000, 10_000, 30_000, 60_000];
const MAX_ATTEMPTS = 20;

/** Opens a row again; null while the sender's key is still missing for a reason that may pass. */
export type Retry = (last: boolean) => Promise<RowOutcome | null>;

type Line = { readonly tail: Promise<RowOutcome>; readonly hurry: () => void };

/**
 * Messages that wait for the certificate of their sender. Trouble of the network is waited out; until then they are not
 * acknowledged, so that even a crash loses nothing (04 §14.9, fix). One line per sender: a later message of the same
 * sender neither overtakes the first one nor lets it sleep on.
 */
export class HeldRows {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #lines = new Map<string, Line>();

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Is somebody of this sender waiting already? */
  has(sender: string): boolean {
    return this.#lines.has(sender);
  }

  /** Puts a row at the end of its sender's line. */
  hold(sender: string, retry: Retry): RowOutcome {
    const ahead = this.#lines.get(sender);
    const pause = new Pause(this.#clock, this.#signal);
    const turn = ahead === undefined ? Promise.resolve() : ahead.tail.then(noop, noop);
    const later = turn.then(() => this.#untilOpen(retry, pause));
    const line = {
      tail: later,
      hurry: () => {
        ahead?.hurry();
        pause.end();
      },
    };
    this.#lines.set(sender, line);
    ahead?.hurry();
    const leave = () => void (this.#lines.get(sender) === line && this.#lines.delete(sender));
    later.then(leave, leave);
    return { kind: 'held', later };
  }

  async #untilOpen(retry: Retry, pause: Pause): Promise<RowOutcome> {
    try {
      for (let attempt = 1; ; ) {
        const outcome = await retry(attempt >= MAX_ATTEMPTS);
        if (outcome !== null) return outcome;
        const slept = await pause.for(WAITS_MS[Math.min(attempt - 1, WAITS_MS.length - 1)] ?? 60_000);
        // Being woken is no reason to give up sooner.
        if (slept) attempt += 1;
      }
    } catch (error) {
      if (this.#signal.aborted) return { kind: 'abandoned' };
      throw error;
    }
  }
}

const noop = (): void => undefined;

/** A wait that others may end. */
class Pause {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #early = new AbortController();

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  end(): void {
    this.#early.abort();
  }

  /** False when somebody ended it. */
  async for(ms: number): Promise<boolean> {
    this.#early = new AbortController();
    try {
      await sleep(this.#clock, ms, AbortSignal.any([this.#signal, this.#early.signal]));
      return true;
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return false;
    }
  }
}
