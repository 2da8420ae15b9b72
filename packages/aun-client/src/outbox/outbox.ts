import {
  AUNError,
  type Clock,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  KeyStoreError,
  type Logger,
  type OutboxEntry,
  type OutboxStore,
  sleep,
  ValidationError,
} from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import { Alarm } from './alarm.js';
import { durableParams, expiryOf } from './durable-send.js';
import { isExpired, Lane } from './lane.js';
import { mayPass } from './may-pass.js';
import type { ParamsSeal } from './sealed-params.js';

const READ_AGAIN_MS = 5_000;

export type OutboxPorts = {
  readonly aid: string;
  readonly store: OutboxStore;
  readonly seal: ParamsSeal;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isReady: () => boolean;
  /** Sends one message with its stable id; rejects as `call` does. */
  readonly deliver: (params: JsonObject) => Promise<JsonValue>;
  readonly emit: (event: 'outbox.sent' | 'outbox.failed', payload: object) => void;
};

export type Queued = { readonly message_id: string; readonly status: 'queued' };

/**
 * Messages that must get out, whatever happens to the connection or the process (08, last section). They are on disk
 * before the network hears of them, keep their id, and leave one after another per recipient.
 */
export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #lanes = new Map<string, Lane>();
  readonly #alarm: Alarm;
  /** Between `resume` and `pause`. */
  #era: AbortController | null = null;
  /** What was on disk stands in the lanes; until then nothing new may get before it. */
  #open = false;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
    this.#alarm = new Alarm(ports.clock, () => this.#expire());
  }

  /**
   * Stores a prepared `message.send`; resolves once it is on disk.
   * @param ttlS seconds after which it is given up; null: never
   * @throws {ValidationError} naming `ttl` or `message_id`; {E2EEError} or {SerializationError} for what cannot be sent
   */
  async enqueue(params: JsonObject, ttlS: number | null): Promise<Queued> {
    const { aid, store, seal, clock } = this.#ports;
    const now = clock.now();
    const expiresAt = expiryOf(ttlS, now);
    const checked = durableParams(params);
    const messageId =
      typeof checked.message_id === 'string' ? checked.message_id : `m-${uuidV4().replaceAll('-', '')}`;
    const entry: OutboxEntry = {
      messageId,
      orderKey: String(checked.to),
      enqueuedAt: now,
      expiresAt,
      attempts: 0,
      sealed: seal.seal({ ...checked, message_id: messageId }),
    };
    await this.#inTurn(async () => {
      await store.enqueueOutbox(aid, entry).catch(refuseOther);
      if (this.#open) this.#queue(entry);
    });
    return { message_id: messageId, status: 'queued' };
  }

  /** The client is ready: everything that waits on disk goes out, the oldest first. Never rejects. */
  async resume(): Promise<void> {
    const { aid, store, clock, logger, isReady } = this.#ports;
    if (this.#era !== null || !isReady()) return;
    this.#era = new AbortController();
    const { signal } = this.#era;
    while (!signal.aborted && !this.#open) {
      try {
        await this.#inTurn(async () => {
          const entries = await store.listOutbox(aid);
          if (signal.aborted) return;
          this.#open = true;
          for (const entry of entries) this.#queue(entry);
        });
      } catch (error) {
        logger.warn('the outbox could not be read', { error });
        await sleep(clock, READ_AGAIN_MS, signal).catch(() => undefined);
      }
    }
  }

  /** The connection is gone: nothing is sent until `resume`. */
  pause(): void {
    this.#era?.abort();
    this.#era = null;
    this.#open = false;
    this.#alarm.clear();
    for (const lane of this.#lanes.values()) lane.stop();
    this.#lanes.clear();
  }

  /** Writes and the list one after another, so that the lanes have the order of the disk. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(work);
    // Whoever asked for it hears of a failure; the next one goes on.
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  #queue(entry: OutboxEntry): void {
    let lane = this.#lanes.get(entry.orderKey);
    if (lane === undefined) {
      lane = new Lane({
        clock: this.#ports.clock,
        attempt: (next, failures, signal) => this.#attempt(next, failures, signal),
      });
      this.#lanes.set(entry.orderKey, lane);
    }
    lane.add(entry);
    this.#alarm.set(entry.expiresAt);
  }

  #expire(): void {
    for (const lane of this.#lanes.values()) {
      for (const entry of lane.takeExpired(this.#ports.clock.now())) {
        this.#giveUpOld(entry).catch((error: unknown) => this.#warn(entry, error));
      }
      this.#alarm.set(lane.nextExpiry);
    }
  }

  async #attempt(entry: OutboxEntry, failures: number, signal: AbortSignal): Promise<boolean> {
    // When the disk does not take what happened: the server knows the message id, sending it again does no harm.
    const settled = await this.#sendOnce(entry, failures, signal).catch((error: unknown) =>
      this.#warn(entry, error),
    );
    if (!settled && !signal.aborted) this.#alarm.set(entry.expiresAt);
    return settled;
  }

  async #sendOnce(entry: OutboxEntry, failures: number, signal: AbortSignal): Promise<boolean> {
    const { aid, store, seal, clock, deliver, emit } = this.#ports;
    if (isExpired(entry, clock.now())) return this.#giveUpOld(entry);
    const params = seal.open(entry.sealed);
    if (params === null) {
      return this.#giveUp(entry, new ValidationError('the stored message cannot be opened'), 'UNREADABLE');
    }
    let answer: JsonValue;
    try {
      answer = await deliver(params);
    } catch (error) {
      if (signal.aborted) return false;
      if (!mayPass(error, failures)) return this.#giveUp(entry, error, codeOf(error));
      await store.touchOutbox(aid, entry.messageId);
      return false;
    }
    await store.removeOutbox(aid, entry.messageId);
    const status = isJsonObject(answer) ? (answer.status ?? 'sent') : 'sent';
    emit('outbox.sent', { message_id: entry.messageId, to: entry.orderKey, status });
    return true;
  }

  #giveUpOld(entry: OutboxEntry): Promise<true> {
    return this.#giveUp(entry, new ValidationError('the message expired before it could be sent'), 'EXPIRED');
  }

  async #giveUp(entry: OutboxEntry, error: unknown, code: string): Promise<true> {
    await this.#ports.store.removeOutbox(this.#ports.aid, entry.messageId);
    this.#ports.emit('outbox.failed', { message_id: entry.messageId, to: entry.orderKey, error, code });
    return true;
  }

  #warn({ messageId, orderKey }: OutboxEntry, error: unknown): false {
    this.#ports.logger.warn('the outbox on disk could not be changed', { messageId, orderKey, error });
    return false;
  }
}

/** Without another id, one of two messages would be taken for the other. */
const refuseOther = (error: unknown): never => {
  if (!(error instanceof KeyStoreError) || error.code !== 'invalid_argument') throw error;
  throw new ValidationError('message_id is the one of a message that waits for another recipient', {
    data: { field: 'message_id' },
    cause: error,
  });
};

const codeOf = (error: unknown): string => (error instanceof AUNError ? error.stringCode : 'ERROR');
