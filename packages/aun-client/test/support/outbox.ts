import { type JsonObject, noopLogger, type OutboxEntry } from 'aun-core';
import { PrivateKey } from 'aun-crypto';
import { Outbox } from '../../src/outbox/outbox.js';
import { ParamsSeal } from '../../src/outbox/sealed-params.js';
import { FakeClock } from './fake-clock.js';

export const OTTO = 'otto.demo.example';

/** An outbox on a disk, a network and a clock that do as a test says. */
export class OutboxScene {
  readonly seal = new ParamsSeal(PrivateKey.generate());
  readonly clock = new FakeClock();
  stored: OutboxEntry[] = [];
  /** `outbox.sent` or `outbox.failed CODE`, with the id of the message after it. */
  readonly events: string[] = [];
  readonly errors: unknown[] = [];
  readonly delivered: JsonObject[] = [];
  /** What the next deliveries fail with. */
  failures: unknown[] = [];
  /** What the next looks at the disk fail with. */
  faults: unknown[] = [];
  /** Runs before the network answers. */
  onDeliver: () => Promise<void> = async () => undefined;
  /** Runs before the disk answers. */
  onList: () => Promise<void> = async () => undefined;
  ready = false;
  outbox = this.make();

  /** As after a restart: only what is on disk is left. */
  make(): Outbox {
    return new Outbox({
      aid: 'nora.demo.example',
      store: {
        enqueueOutbox: async (_aid, entry) => {
          if (this.stored.some(({ messageId }) => messageId === entry.messageId)) return;
          this.stored.push(entry);
        },
        listOutbox: async () => {
          const fault = this.faults.shift();
          if (fault !== undefined) throw fault;
          const entries = [...this.stored];
          await this.onList();
          return entries;
        },
        touchOutbox: async (_aid, id) => {
          this.stored = this.stored.map((entry) =>
            entry.messageId === id ? { ...entry, attempts: entry.attempts + 1 } : entry,
          );
        },
        removeOutbox: async (_aid, id) => {
          this.stored = this.stored.filter((entry) => entry.messageId !== id);
        },
      },
      seal: this.seal,
      clock: this.clock,
      logger: noopLogger,
      isReady: () => this.ready,
      deliver: async (params) => {
        await this.onDeliver();
        const failure = this.failures.shift();
        if (failure !== undefined) throw failure;
        this.delivered.push(params);
        return { status: 'delivered' };
      },
      emit: (event, payload) => {
        const { code, message_id, error } = payload as { code?: string; message_id: string; error?: unknown };
        this.events.push([event, code, message_id].filter((part) => part !== undefined).join(' '));
        if (error !== undefined) this.errors.push(error);
      },
    });
  }

  connect(): Promise<void> {
    this.ready = true;
    return this.outbox.resume();
  }

  disconnect(): void {
    this.ready = false;
    this.outbox.pause();
  }

  /** A text message whose id is the text. */
  send(text: string, to = OTTO, ttl: number | null = null) {
    return this.outbox.enqueue({ to, message_id: text, payload: { type: 'text', text } }, ttl);
  }

  get texts(): string[] {
    return this.delivered.map(({ payload }) => (payload as { text: string }).text);
  }

  get storedIds(): string[] {
    return this.stored.map(({ messageId }) => messageId);
  }
}
