import {
  AUNError,
  type Clock,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Logger,
  sleep,
} from 'aun-core';
import type { PullGate } from 'aun-transport';
import type { RpcCaller } from '../rpc/signed-caller.js';
import { AckScheduler, NOTHING_TO_ACK } from './ack-scheduler.js';
import type { Instance } from './app-message.js';
import type { DeliveryNamespace } from './namespace.js';
import { type PullPorts, type PullResult, pull } from './pull-loop.js';
import type { OpenRow } from './pulled-row.js';

const PAGE = 50;
const MAX_FILL_ATTEMPTS = 12;

export type InboxPorts = {
  readonly own: Instance;
  readonly space: DeliveryNamespace;
  readonly gate: PullGate;
  readonly call: RpcCaller;
  readonly open: OpenRow;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isReady: () => boolean;
  /** The contiguous number moved: persist it. */
  readonly cursorMoved: () => void;
  /** The server confirmed an acknowledgement (prekeys may be destroyed, 03 §10). */
  readonly onAcked: (cursor: number) => void;
};

/** The P2P inbox of one device and slot: pulls, fills gaps, acknowledges (04 §14.4-14.6). */
export class P2PInbox {
  readonly #ports: InboxPorts;
  readonly #acks: AckScheduler;
  /** Highest number announced while somebody else held the gate. */
  #pendingUpper = 0;
  #filling: Promise<void> | null = null;
  /** Ends with the connection, and with it every background pull. */
  #era = new AbortController();

  constructor(ports: InboxPorts) {
    this.#ports = ports;
    this.#acks = new AckScheduler(ports.space, {
      send: (upTo) => ports.call('message.v2.ack', { up_to_seq: upTo }, { background: true }),
      clock: ports.clock,
      onAcked: ports.onAcked,
      onError: (error) => ports.logger.debug('background ack failed', { error }),
    });
  }

  get space(): DeliveryNamespace {
    return this.#ports.space;
  }

  /** Acknowledges in the background what has been handed over. */
  ackSoon(): void {
    this.#acks.soon();
  }

  /** Acknowledges now what waits for its time; for the last moment of a connection. */
  flushAcks(): void {
    this.#acks.flush();
  }

  /** Pulls whatever is missing, unless somebody is at it; then once more after them. Never rejects. */
  fill(upTo = 0): Promise<void> {
    if (!this.#ports.isReady()) return Promise.resolve();
    this.#pendingUpper = Math.max(this.#pendingUpper, upTo);
    this.#filling ??= this.#fillUntilQuiet(this.#era.signal).finally(() => {
      this.#filling = null;
    });
    return this.#filling;
  }

  /** The connection is gone: background pulls end; the next connection decides about new ones. */
  stopFilling(): void {
    this.#acks.stop();
    this.#era.abort();
    this.#era = new AbortController();
    this.#filling = null;
    this.#pendingUpper = 0;
  }

  /** `message.pull` of an application (07 §6.10). */
  async pull(params: JsonObject): Promise<JsonObject> {
    const { space, gate } = this.#ports;
    // A handler that pulls while its own message is being published must not wait for itself (04 §14.5).
    if (space.publisher.isPublishing) return emptyPull(space.tracker.contiguous);
    const turn = await gate.acquire(space.name);
    if (turn === undefined) return emptyPull(space.tracker.contiguous);
    try {
      return pullAnswer(await this.#pull(pullRequest(params)));
    } finally {
      turn.release();
      this.#afterGate();
    }
  }

  /** `message.ack` of an application: clamped to what was really received (04 §14.11). */
  async ack(params: JsonObject): Promise<JsonValue> {
    const { tracker } = this.#ports.space;
    const wanted = params.seq ?? params.up_to_seq;
    const seq = typeof wanted === 'number' && wanted > 0 ? Math.floor(wanted) : tracker.contiguous;
    const upTo = Math.min(seq, Math.max(tracker.maxSeen, tracker.contiguous));
    if (upTo <= 0) return NOTHING_TO_ACK;
    const answer = await this.#acks.now(upTo);
    return isJsonObject(answer)
      ? { success: true, ack_seq: upTo, ...answer }
      : { success: true, ack_seq: upTo };
  }

  async #fillUntilQuiet(signal: AbortSignal): Promise<void> {
    const { space, gate } = this.#ports;
    do {
      const turn = gate.tryAcquire(space.name);
      if (turn === undefined) return;
      this.#pendingUpper = 0;
      try {
        await this.#fillOnce(signal);
      } finally {
        turn.release();
      }
    } while (this.#pendingUpper > space.tracker.contiguous && !signal.aborted);
  }

  /** Transient trouble is tried again, later each time (04 §14.6, fix). */
  async #fillOnce(signal: AbortSignal): Promise<void> {
    const { space, clock, logger } = this.#ports;
    for (let attempt = 1; attempt <= MAX_FILL_ATTEMPTS && !signal.aborted; attempt += 1) {
      try {
        const request = { after: space.tracker.contiguous, limit: PAGE, force: false, skipAutoAck: false };
        await this.#pull(request, signal);
        await space.publisher.drain();
        this.#acks.soon();
        return;
      } catch (error) {
        if (!(error instanceof AUNError) || !error.retryable) {
          logger.warn('gap fill failed', { error });
          return;
        }
        logger.debug('gap fill failed, trying again', { attempt, error: error.message });
        await sleep(clock, Math.min(attempt, 5) * 1_000, signal).catch(() => undefined);
      }
    }
  }

  #afterGate(): void {
    if (this.#pendingUpper > this.#ports.space.tracker.contiguous && this.#ports.isReady()) void this.fill();
  }

  #pull(request: Parameters<typeof pull>[1], signal?: AbortSignal): Promise<PullResult> {
    return pull(this.#ports.space, request, this.#pullPorts(signal));
  }

  #pullPorts(signal: AbortSignal | undefined): PullPorts {
    const { call, open, clock, cursorMoved } = this.#ports;
    return {
      clock,
      open,
      cursorMoved,
      fetch: (params) => {
        signal?.throwIfAborted();
        return call('message.v2.pull', params, { background: signal !== undefined });
      },
      ack: async (upTo) => {
        await this.#acks.now(upTo);
      },
    };
  }
}

const pullRequest = (params: JsonObject): Parameters<typeof pull>[1] => {
  const number = (value: JsonValue | undefined, fallback: number): number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : fallback;
  return {
    after: number(params.after_seq, 0),
    limit: Math.max(1, Math.min(number(params.limit, PAGE), PAGE)),
    force: params.force === true,
    skipAutoAck: params._skip_auto_ack === true,
  };
};

const pullAnswer = (result: PullResult): JsonObject => ({
  messages: result.messages,
  count: result.messages.length,
  latest_seq: result.latestSeq,
  has_more: result.hasMore,
  server_ack_seq: result.serverAckSeq,
});

const emptyPull = (contiguous: number): JsonObject => ({
  messages: [],
  count: 0,
  latest_seq: contiguous,
  has_more: false,
});
