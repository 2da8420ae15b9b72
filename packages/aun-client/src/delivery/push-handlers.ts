import type { JsonObject, Logger } from 'aun-core';
import type { ReplaySet } from 'aun-e2ee';
import { type Instance, isForOther } from './app-message.js';
import type { P2PInbox } from './p2p-inbox.js';
import { settleLater } from './pull-loop.js';
import { type RowOutcome, seqOf } from './pulled-row.js';
import { RECALL_TYPE, type RecallFilter } from './recall.js';
import { plainOutcome, recallOutcome } from './row-opener.js';

export type PushPorts = {
  readonly own: Instance;
  readonly inbox: P2PInbox;
  readonly recalls: RecallFilter;
  readonly replays: ReplaySet;
  /** Decrypts an inline row. */
  readonly openEncrypted: (row: JsonObject) => Promise<RowOutcome>;
  /** Decrypts an encrypted body that came on the plain path, or reports it (03 §8.3). */
  readonly openEncryptedPush: (push: JsonObject) => Promise<RowOutcome>;
  readonly looksEncrypted: (push: JsonObject) => boolean;
  /** Final touches on a plain message before the application sees it (echo lines). */
  readonly plain: (push: JsonObject) => JsonObject;
  readonly cursorMoved: () => void;
  readonly logger: Logger;
};

/** Handles the events that announce or carry P2P messages, one after another (04 §14.3). */
export class PushHandlers {
  readonly #ports: PushPorts;

  constructor(ports: PushPorts) {
    this.#ports = ports;
  }

  /** Takes an event; false when it is none of ours. */
  handle(name: string, params: JsonObject): boolean {
    const handler = {
      'message.received': () => this.#onPlain(params),
      'peer.v2.message_received': () => this.#onEncrypted(params),
      [RECALL_TYPE]: () => this.#onRecall(params),
    }[name];
    if (handler === undefined) return false;
    this.#ports.inbox.space
      .onPush(handler)
      .catch((error: unknown) => this.#ports.logger.error('push handling failed', { event: name, error }));
    return true;
  }

  async #onPlain(push: JsonObject): Promise<void> {
    const { own, replays, looksEncrypted, openEncryptedPush, plain } = this.#ports;
    if (isForOther(push, own)) return;
    const seq = seqOf(push);
    if (this.#isCovered(seq)) return;
    if (looksEncrypted(push)) {
      await this.#take(seq, await openEncryptedPush(push));
      return;
    }
    await this.#take(seq, plainOutcome(plain(push), replays));
  }

  async #onEncrypted(push: JsonObject): Promise<void> {
    const { inbox, openEncrypted, cursorMoved } = this.#ports;
    const { tracker, publisher } = inbox.space;
    const seq = seqOf(push);
    if (seq === 0) {
      void inbox.fill();
      return;
    }
    if (tracker.contiguous === seq || publisher.isClaimed(seq)) return;
    if (tracker.contiguous > seq) {
      // Our cursor is ahead of the server: it was restored from a copy, or the server from a backup (04 §13.1).
      tracker.repairContiguous(seq - 1);
      cursorMoved();
    }
    tracker.updateMaxSeen(seq);
    const inline = typeof push.envelope_json === 'string';
    // Only the next number is opened in place: below a gap the pull brings it anyway.
    if (inline && seq === tracker.contiguous + 1) {
      await this.#take(seq, await openEncrypted(push));
      return;
    }
    void inbox.fill(seq);
  }

  async #onRecall(push: JsonObject): Promise<void> {
    const { own, recalls } = this.#ports;
    if (isForOther(push, own)) return;
    const seq = seqOf(push);
    if (this.#isCovered(seq)) return;
    const { tracker } = this.#ports.inbox.space;
    if (seq > tracker.contiguous + 1) {
      // Left to the pull, which brings it in its place; marking it seen now would lose it.
      tracker.updateMaxSeen(seq);
      void this.#ports.inbox.fill(seq);
      return;
    }
    await this.#take(seq, recallOutcome(push, own.aid, recalls));
  }

  #isCovered(seq: number): boolean {
    const { tracker, publisher } = this.#ports.inbox.space;
    return seq > 0 && (seq <= tracker.contiguous || publisher.isClaimed(seq));
  }

  /** Publishes, parks or consumes one pushed number and does what follows from it. */
  async #take(seq: number, outcome: RowOutcome): Promise<void> {
    const { inbox, cursorMoved } = this.#ports;
    const { tracker, publisher } = inbox.space;
    const before = tracker.contiguous;
    tracker.updateMaxSeen(seq);
    if (outcome.kind === 'message') {
      const published = await publisher.publishOrdered(
        outcome.event,
        seq === 0 ? undefined : seq,
        outcome.message,
      );
      if (!published && seq > tracker.contiguous) this.#note(seq);
    } else if (seq > 0) {
      await this.#consume(seq, outcome);
    }
    if (tracker.contiguous <= before) return;
    cursorMoved();
    inbox.ackSoon();
  }

  /** A number without an event now: passed over, or waiting for its sender's certificate. */
  async #consume(seq: number, outcome: RowOutcome): Promise<void> {
    const { inbox, cursorMoved } = this.#ports;
    const { publisher } = inbox.space;
    if (outcome.kind === 'skip') publisher.settle(seq);
    else publisher.hold(seq);
    if (outcome.kind === 'held') {
      void settleLater(inbox.space, seq, outcome.later).then(() => {
        cursorMoved();
        inbox.ackSoon();
      });
    }
    this.#note(seq);
    await publisher.drain();
  }

  /** Marks a number as arrived and asks for what is missing below it. */
  #note(seq: number): void {
    const { inbox } = this.#ports;
    if (inbox.space.tracker.onMessageSeq(seq)) void inbox.fill(seq);
    else inbox.expect(seq);
  }
}
