import {
  AUNError,
  type Clock,
  E2EEError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Logger,
  type OutboxEntry,
  type OutboxStore,
  sleep,
  ValidationError,
} from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import type { ParamsSeal } from './sealed-params.js';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** Failures of the recipient's side that time may cure: it never connected, or its certificate cannot be had. */
const CURABLE = new Set(['no_devices', 'no_usable_devices', 'no_peer_target', 'trusted_key_missing']);

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
  readonly #lanes = new Map<string, OutboxEntry[]>();
  #era = new AbortController();
  #running = new Set<string>();

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  /**
   * Stores a checked `message.send`; resolves once it is on disk.
   * @param ttlS seconds after which it is given up; null: never
   */
  async enqueue(params: JsonObject, ttlS: number | null): Promise<Queued> {
    const { aid, store, seal, clock } = this.#ports;
    if (ttlS !== null && !(ttlS > 0)) throw new ValidationError('ttl must be a number of seconds > 0');
    const messageId =
      typeof params.message_id === 'string' ? params.message_id : `m-${uuidV4().replaceAll('-', '')}`;
    const now = clock.now();
    const entry: OutboxEntry = {
      messageId,
      orderKey: String(params.to),
      enqueuedAt: now,
      expiresAt: ttlS === null ? null : now + ttlS * 1_000,
      attempts: 0,
      sealed: seal.seal({ ...params, message_id: messageId }),
    };
    await store.enqueueOutbox(aid, entry);
    this.#queue(entry);
    return { message_id: messageId, status: 'queued' };
  }

  /** The client is ready: everything that waits on disk goes out, the oldest first. */
  async resume(): Promise<void> {
    const { aid, store, logger } = this.#ports;
    try {
      for (const entry of await store.listOutbox(aid)) this.#queue(entry);
    } catch (error) {
      logger.warn('the outbox could not be read', { error });
    }
  }

  /** The connection is gone: nothing is sent until `resume`. */
  pause(): void {
    this.#era.abort();
    this.#era = new AbortController();
    this.#lanes.clear();
    this.#running = new Set();
  }

  #queue(entry: OutboxEntry): void {
    if (!this.#ports.isReady()) return;
    const lane = this.#lanes.get(entry.orderKey) ?? [];
    if (lane.some(({ messageId }) => messageId === entry.messageId)) return;
    lane.push(entry);
    this.#lanes.set(entry.orderKey, lane);
    if (!this.#running.has(entry.orderKey)) void this.#drain(entry.orderKey, lane, this.#era.signal);
  }

  async #drain(orderKey: string, lane: OutboxEntry[], signal: AbortSignal): Promise<void> {
    const running = this.#running;
    running.add(orderKey);
    try {
      for (let entry = lane[0]; entry !== undefined && !signal.aborted; entry = lane[0]) {
        await this.#sendUntilSettled(entry, signal);
        lane.shift();
      }
    } catch (error) {
      if (!signal.aborted) this.#ports.logger.warn('sending from the outbox stopped', { orderKey, error });
    } finally {
      running.delete(orderKey);
    }
  }

  /** Tries until the message is sent, refused for good, or too old. Rejects when the connection ends. */
  async #sendUntilSettled(entry: OutboxEntry, signal: AbortSignal): Promise<void> {
    const { aid, store, seal, clock } = this.#ports;
    const params = seal.open(entry.sealed);
    if (params === null)
      return this.#fail(entry, new ValidationError('the stored message cannot be opened'), 'UNREADABLE');
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      signal.throwIfAborted();
      if (entry.expiresAt !== null && clock.now() >= entry.expiresAt) {
        return this.#fail(
          entry,
          new ValidationError('the message expired before it could be sent'),
          'EXPIRED',
        );
      }
      try {
        const answer = await this.#ports.deliver(params);
        await store.removeOutbox(aid, entry.messageId);
        const status = isJsonObject(answer) ? (answer.status ?? 'sent') : 'sent';
        this.#ports.emit('outbox.sent', { message_id: entry.messageId, to: entry.orderKey, status });
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!mayPass(error)) return this.#fail(entry, error, codeOf(error));
        await store.touchOutbox(aid, entry.messageId);
        await sleep(clock, wait, signal);
      }
    }
  }

  async #fail(entry: OutboxEntry, error: unknown, code: string): Promise<void> {
    await this.#ports.store.removeOutbox(this.#ports.aid, entry.messageId);
    this.#ports.emit('outbox.failed', { message_id: entry.messageId, to: entry.orderKey, error, code });
  }
}

const mayPass = (error: unknown): boolean => {
  if (error instanceof E2EEError) return CURABLE.has(error.localCode);
  return error instanceof AUNError ? error.retryable : false;
};

const codeOf = (error: unknown): string => (error instanceof AUNError ? error.stringCode : 'ERROR');
