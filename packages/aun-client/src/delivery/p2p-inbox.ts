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
import type { RpcCaller, SignedCallOptions } from '../rpc/signed-caller.js';
import { AckScheduler, NOTHING_TO_ACK } from './ack-scheduler.js';
import { finishMessage, type Instance } from './app-message.js';
import type { DeliveryNamespace } from './namespace.js';
import { type PullPorts, type PullResult, pull } from './pull-loop.js';
import type { OpenRow } from './pulled-row.js';
import type { UnheardMessages } from './unheard.js';

const PAGE = 50;
const BACKGROUND: SignedCallOptions = { background: true };
const MAX_FILL_ATTEMPTS = 12;
/** Above every number: whatever there is. */
const ANYTHING = Number.POSITIVE_INFINITY;
/** What servers answer when something went wrong inside them. */
const PASSING_CODES: ReadonlySet<number> = new Set([-32603, -32000]);

export type InboxPorts = {
  readonly own: Instance;
  readonly space: DeliveryNamespace;
  readonly gate: PullGate;
  readonly call: RpcCaller;
  readonly open: OpenRow;
  readonly unheard: UnheardMessages;
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
  /** Highest number announced and not pulled yet. */
  #pendingUpper = 0;
  #filling: Promise<void> | null = null;
  /** Pulls under way, those of an earlier connection with them. */
  #turns = 0;
  /** Ends with the connection, and with it every background pull. */
  #era = new AbortController();

  constructor(ports: InboxPorts) {
    this.#ports = ports;
    this.#acks = new AckScheduler(ports.space, {
      send: (upTo, options = BACKGROUND) => ports.call('message.v2.ack', { up_to_seq: upTo }, options),
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
  fill(upTo = ANYTHING): Promise<void> {
    if (!this.#ports.isReady()) return Promise.resolve();
    this.#pendingUpper = Math.max(this.#pendingUpper, upTo);
    if (this.#filling !== null) return this.#filling;
    const filling = this.#fillUntilQuiet(this.#era.signal).finally(() => {
      if (this.#filling === filling) this.#filling = null;
    });
    this.#filling = filling;
    return filling;
  }

  /** A number above a gap that was asked for lately: whoever pulls now looks once more, unless it brings that. */
  expect(seq: number): void {
    if (this.#turns > 0) this.#pendingUpper = Math.max(this.#pendingUpper, seq);
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
  async pull(params: JsonObject, options: SignedCallOptions = {}): Promise<JsonObject> {
    const { space, gate, own, unheard } = this.#ports;
    // A handler that pulls while its own message is being published must not wait for itself (04 §14.5).
    if (space.publisher.isPublishing) return emptyPull(space.tracker.contiguous);
    const turn = await gate.acquire(space.name, options.signal);
    if (turn === undefined) return emptyPull(space.tracker.contiguous);
    try {
      const request = pullRequest(params);
      const result = await this.#pull(request, options);
      const messages = result.messages.map((message) => finishMessage(message, own));
      return pullAnswer(result, unheard.before(messages, request.after));
    } finally {
      turn.release();
      this.#afterGate();
    }
  }

  /** `message.ack` of an application: clamped to what was really received (04 §14.11). */
  async ack(params: JsonObject, options: SignedCallOptions = {}): Promise<JsonValue> {
    const { tracker, publisher } = this.#ports.space;
    const wanted = params.seq ?? params.up_to_seq;
    // Without a number: what has reached the application. The rest of a page could still be lost with the process.
    const seq = typeof wanted === 'number' && wanted > 0 ? Math.floor(wanted) : publisher.begun;
    const upTo = Math.min(seq, Math.max(tracker.maxSeen, tracker.contiguous));
    if (upTo <= 0) return NOTHING_TO_ACK;
    const answer = await this.#acks.now(upTo, options);
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
    // A handler may have outlived its connection: the next one could not pull meanwhile.
    if (signal.aborted) this.#afterGate();
  }

  /** Transient trouble is tried again, later each time (04 §14.6, fix). */
  async #fillOnce(signal: AbortSignal): Promise<void> {
    const { space, clock, logger } = this.#ports;
    for (let attempt = 1; attempt <= MAX_FILL_ATTEMPTS && !signal.aborted; attempt += 1) {
      try {
        const request = { after: space.tracker.contiguous, limit: PAGE, force: false, skipAutoAck: false };
        await this.#pull(request, BACKGROUND, signal);
        await space.publisher.drain();
        this.#acks.soon();
        return;
      } catch (error) {
        if (!mayPass(error)) {
          logger.warn('gap fill failed', { error });
          return;
        }
        logger.debug('gap fill failed, trying again', { attempt, error: error.message });
        await sleep(clock, Math.min(attempt, 5) * 1_000, signal).catch(() => undefined);
      }
    }
  }

  #afterGate(): void {
    if (this.#pendingUpper > this.#ports.space.tracker.contiguous && this.#ports.isReady())
      void this.fill(this.#pendingUpper);
  }

  async #pull(
    request: Parameters<typeof pull>[1],
    options: SignedCallOptions,
    era?: AbortSignal,
  ): Promise<PullResult> {
    this.#turns += 1;
    try {
      return await pull(this.#ports.space, request, this.#pullPorts(options, era));
    } finally {
      this.#turns -= 1;
    }
  }

  #pullPorts(options: SignedCallOptions, era: AbortSignal | undefined): PullPorts {
    const { call, open, clock, cursorMoved } = this.#ports;
    return {
      clock,
      open,
      cursorMoved,
      settledLate: () => {
        cursorMoved();
        this.#acks.soon();
      },
      fetch: (params) => {
        era?.throwIfAborted();
        return call('message.v2.pull', params, options);
      },
      ack: async (upTo) => {
        await this.#acks.now(upTo, options);
      },
    };
  }
}

const mayPass = (error: unknown): error is AUNError =>
  error instanceof AUNError && (error.retryable || PASSING_CODES.has(error.code));

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

const pullAnswer = (result: PullResult, messages: JsonValue[]): JsonObject => ({
  messages,
  count: messages.length,
  raw_count: result.rawCount,
  latest_seq: result.latestSeq,
  has_more: result.hasMore,
  server_ack_seq: result.serverAckSeq,
});

const emptyPull = (contiguous: number): JsonObject => ({
  messages: [],
  count: 0,
  raw_count: 0,
  latest_seq: contiguous,
  has_more: false,
});
