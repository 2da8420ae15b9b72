import { type Clock, type Logger, RpcCode, type TimerHandle } from 'aun-core';
import { RpcFailure } from '../rpc/failure.js';
import type { GroupCommit } from '../store/group-commit.js';
import { MAX_BATCH, MAX_FRAME } from './hello.js';
import { LinkFault } from './link-fault.js';
import type { OutboxStore, Pair, StoredMessage } from './outbox-store.js';
import type { Direction } from './relay-client.js';

/** The peer must be served again within a minute of its return (02 §20.4). */
const BACKOFF_MS: readonly number[] = [1_000, 2_000, 5_000, 10_000, 20_000];
const MAX_BATCH_BYTES = MAX_FRAME - 4_096;

/** Hands a batch over; one outcome per relay: null for done, the foreign refusal otherwise. @throws LinkFault */
export type Forwarder = (
  direction: Direction,
  relays: readonly string[],
) => Promise<readonly (RpcFailure | null)[]>;

export interface ForwardLaneDeps {
  readonly direction: Direction;
  readonly store: OutboxStore;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly forwarder: Forwarder;
  readonly onDelivered: () => void;
  readonly onRefused: (message: StoredMessage, error: RpcFailure) => void;
}

interface Line {
  readonly pair: Pair;
  count: number;
  /** The peer asked to wait. */
  notBefore: number;
}

const keyOf = ({ fromAid, toAid }: Pair): string => `${fromAid} ${toAid}`;

/** Worth another attempt with the same message. */
const isTransient = ({ code }: RpcFailure): boolean =>
  code === RpcCode.rateLimited || code === -32429 || (code >= 5000 && code <= 5999);

const waitOf = ({ data }: RpcFailure): number => {
  const seconds = data?.retry_after;
  return typeof seconds === 'number' && seconds > 0 ? Math.min(60_000, seconds * 1000) : 1_000;
};

/** The waiting messages from one of our issuers to another one: the oldest of every pair at a time. */
export class ForwardLane {
  readonly direction: Direction;
  readonly #deps: ForwardLaneDeps;
  readonly #lines = new Map<string, Line>();
  #underway: readonly StoredMessage[] = [];
  #running = false;
  #stopped = false;
  #failures = 0;
  #timer: TimerHandle = undefined;

  constructor(deps: ForwardLaneDeps) {
    this.#deps = deps;
    this.direction = deps.direction;
  }

  get size(): number {
    let size = 0;
    for (const { count } of this.#lines.values()) size += count;
    return size;
  }

  has(pair: Pair): boolean {
    return this.#lines.has(keyOf(pair));
  }

  isUnderway(message: StoredMessage): boolean {
    return this.#underway.some(({ outboxId }) => outboxId === message.outboxId);
  }

  add(pair: Pair, count: number): void {
    const line = this.#lines.get(keyOf(pair));
    if (line !== undefined) line.count += count;
    else {
      const { fromAid, toAid } = pair;
      this.#lines.set(keyOf(pair), { pair: { fromAid, toAid }, count, notBefore: 0 });
    }
  }

  remove(pair: Pair): void {
    const line = this.#lines.get(keyOf(pair));
    if (line === undefined) return;
    line.count -= 1;
    if (line.count <= 0) this.#lines.delete(keyOf(pair));
  }

  /** Tries now: the peer is there. */
  wake(): void {
    this.#failures = 0;
    this.#schedule(0);
  }

  /** Tries in a while, unless an attempt is planned. */
  wakeLater(): void {
    if (this.#timer === undefined) this.#schedule(this.#backoff());
  }

  stop(): void {
    this.#stopped = true;
    this.#deps.clock.clearTimeout(this.#timer);
  }

  #backoff(): number {
    return BACKOFF_MS[Math.min(this.#failures, BACKOFF_MS.length - 1)] ?? 1_000;
  }

  #schedule(delayMs: number): void {
    const { clock, log } = this.#deps;
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#stopped || this.#running || this.#lines.size === 0) return;
    this.#timer = clock.setTimeout(
      () => {
        this.#timer = undefined;
        this.#run().catch((error: unknown) => {
          log.error('stored messages could not be forwarded', { error });
          this.#failures += 1;
          this.#schedule(this.#backoff());
        });
      },
      delayMs,
      { background: true },
    );
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    let next = 0;
    try {
      next = await this.#drain();
    } finally {
      this.#running = false;
      this.#underway = [];
    }
    this.#schedule(next);
  }

  /** Hands over until nothing is due; gives the time to the next attempt. */
  async #drain(): Promise<number> {
    const { clock, forwarder, log } = this.#deps;
    while (!this.#stopped) {
      const batch = this.#due();
      if (batch.length === 0) break;
      this.#underway = batch;
      try {
        const outcomes = await forwarder(
          this.direction,
          batch.map(({ relay }) => relay),
        );
        this.#failures = 0;
        await this.#settle(batch, outcomes);
      } catch (error) {
        if (!(error instanceof LinkFault)) throw error;
        log.debug('peer does not take stored messages yet', { ...this.direction, reason: error.message });
        const delay = this.#backoff();
        this.#failures += 1;
        return delay;
      }
    }
    const times = [...this.#lines.values()].map(({ notBefore }) => notBefore - clock.now());
    return Math.max(250, Math.min(...times));
  }

  #due(): StoredMessage[] {
    const { clock, store } = this.#deps;
    const batch: StoredMessage[] = [];
    let bytes = 0;
    for (const { notBefore, pair } of this.#lines.values()) {
      if (batch.length >= MAX_BATCH || notBefore > clock.now()) continue;
      const head = store.head(pair);
      // Counted, but not committed yet: its commit wakes us again.
      if (head === null) continue;
      bytes += Buffer.byteLength(head.relay) + 1;
      if (bytes > MAX_BATCH_BYTES && batch.length > 0) break;
      batch.push(head);
    }
    return batch;
  }

  async #settle(batch: readonly StoredMessage[], outcomes: readonly (RpcFailure | null)[]): Promise<void> {
    const { clock, commit, onDelivered, onRefused, store } = this.#deps;
    const done: { message: StoredMessage; error: RpcFailure | null }[] = [];
    batch.forEach((message, position) => {
      const outcome = outcomes[position];
      const error = outcome === undefined ? new RpcFailure(RpcCode.internalRetryable, 'no outcome') : outcome;
      if (error === null || !isTransient(error)) done.push({ message, error });
      else {
        const line = this.#lines.get(keyOf(message));
        if (line !== undefined) line.notBefore = clock.now() + waitOf(error);
      }
    });
    const removed = await commit.run(() => done.filter(({ message }) => store.remove(message.outboxId)));
    for (const { error, message } of removed) {
      this.remove(message);
      if (error === null) onDelivered();
      else onRefused(message, error);
    }
  }
}
