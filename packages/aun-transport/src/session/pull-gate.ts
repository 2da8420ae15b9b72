import { type Clock, StateError, systemClock, type TimerHandle } from 'aun-core';

export interface PullGateOptions {
  readonly clock?: Clock;
  /** A holder older than this is taken for dead. Default 30,000 ms (02 §16). */
  readonly staleAfterMs?: number;
  /** How long `acquire` waits. Default 30,100 ms. */
  readonly waitMs?: number;
}

export interface PullTurn {
  /** The answer is being handed to the application: pulls of this key from now on are empty (04 §14.5). */
  publishing(): void;
  /** Lets the next one in. Any number of times; without effect when the turn was stolen. */
  release(): void;
}

interface Holder {
  readonly since: number;
  isPublishing: boolean;
}

interface Waiter {
  readonly take: (turn: PullTurn) => void;
}

interface Lane {
  holder: Holder | undefined;
  readonly waiters: Set<Waiter>;
  timer: TimerHandle;
}

/**
 * One pull at a time per key: `p2p:{aid}`, `group:{group_aid}`, `group_event:{group_aid}` (02 §16, 04 §14.5). Others
 * wait in order; a holder that hangs loses its turn after 30 s.
 */
export class PullGate {
  readonly #clock: Clock;
  readonly #staleAfterMs: number;
  readonly #waitMs: number;
  readonly #lanes = new Map<string, Lane>();

  constructor(options: PullGateOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#staleAfterMs = options.staleAfterMs ?? 30_000;
    this.#waitMs = options.waitMs ?? 30_100;
  }

  /** For background work: a turn now, or undefined when somebody else has it. */
  tryAcquire(key: string): PullTurn | undefined {
    const lane = this.#lane(key);
    return this.#isFree(lane) && lane.waiters.size === 0 ? this.#grant(key, lane) : undefined;
  }

  /**
   * A turn as soon as it is free; undefined at once when an answer of this key is just being handed to the application,
   * for then the caller may be the application's handler and would wait for itself: its pull is empty.
   *
   * @throws {StateError} `pull already in-flight` after 30.1 s; the signal's reason when it was aborted
   */
  acquire(key: string, signal?: AbortSignal): Promise<PullTurn | undefined> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const lane = this.#lane(key);
      if (lane.holder?.isPublishing && !this.#isFree(lane)) {
        resolve(undefined);
        return;
      }
      if (this.#isFree(lane) && lane.waiters.size === 0) {
        resolve(this.#grant(key, lane));
        return;
      }
      const leave = () => {
        this.#clock.clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        lane.waiters.delete(waiter);
        this.#serve(key, lane);
      };
      const waiter: Waiter = {
        take: (turn) => {
          leave();
          resolve(turn);
        },
      };
      const onAbort = () => {
        leave();
        reject(signal?.reason);
      };
      const timer = this.#clock.setTimeout(() => {
        leave();
        reject(new StateError(`pull already in-flight: ${key}`));
      }, this.#waitMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      lane.waiters.add(waiter);
      this.#serve(key, lane);
    });
  }

  #lane(key: string): Lane {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane: Lane = { holder: undefined, waiters: new Set(), timer: undefined };
    this.#lanes.set(key, lane);
    return lane;
  }

  #isFree({ holder }: Lane): boolean {
    return holder === undefined || this.#clock.now() - holder.since >= this.#staleAfterMs;
  }

  #grant(key: string, lane: Lane): PullTurn {
    const holder: Holder = { since: this.#clock.now(), isPublishing: false };
    lane.holder = holder;
    return {
      publishing: () => {
        holder.isPublishing = true;
      },
      release: () => {
        if (lane.holder !== holder) return;
        lane.holder = undefined;
        this.#serve(key, lane);
      },
    };
  }

  /** Lets the first waiter in if it can go in, else looks again when the holder becomes stale. */
  #serve(key: string, lane: Lane): void {
    this.#clock.clearTimeout(lane.timer);
    lane.timer = undefined;
    const [waiter] = lane.waiters;
    if (waiter === undefined) {
      if (lane.holder === undefined) this.#lanes.delete(key);
      return;
    }
    if (this.#isFree(lane)) {
      lane.waiters.delete(waiter);
      waiter.take(this.#grant(key, lane));
      return;
    }
    const remaining = this.#staleAfterMs - (this.#clock.now() - (lane.holder?.since ?? 0));
    lane.timer = this.#clock.setTimeout(() => this.#serve(key, lane), Math.max(1, remaining));
  }
}
