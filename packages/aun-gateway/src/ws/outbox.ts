import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { FrameClass, SendOutcome } from '../session/live-session.js';
import { FrameWriter } from './frame-writer.js';

interface Expiring {
  readonly text: string;
  readonly bytes: number;
  /** Unix ms. */
  readonly expiresAt: number;
}

export interface OutboxLimits {
  readonly maxFrames: number;
  readonly maxBytes: number;
}

/** Part of `maxBytes` above which a connection counts as congested, and below which it has drained. */
const HIGH_WATER = 1 / 4;
const LOW_WATER = 1 / 16;

/**
 * What waits to be written to one socket, bounded (02 §6): droppable and data frames are refused when there is no
 * room (data is recovered by pulls), an answer without room is an overflow.
 */
export class Outbox {
  readonly #isOpen: () => boolean;
  readonly #writer: FrameWriter;
  readonly #limits: OutboxLimits;
  readonly #onPressure: (congested: boolean) => void;
  #frames = 0;
  #bytes = 0;
  #congested = false;
  #drainTasks: (() => void)[] = [];
  readonly #stream: Duplex;
  readonly #now: () => number;
  /** Frames that expire, for a peer that reads too slowly: what the stream has cannot be taken back. */
  #held: Expiring[] = [];
  #heldBytes = 0;

  /** `stream` is what `socket` runs on. */
  constructor(
    socket: WebSocket,
    stream: Duplex,
    limits: OutboxLimits,
    onPressure: (congested: boolean) => void,
    now: () => number,
  ) {
    this.#stream = stream;
    this.#now = now;
    this.#isOpen = () => socket.readyState === socket.OPEN;
    this.#writer = new FrameWriter(stream, this.#isOpen, (frames, bytes) => this.#written(frames, bytes));
    this.#limits = limits;
    this.#onPressure = onPressure;
  }

  get congested(): boolean {
    return this.#congested;
  }

  send(text: string, frameClass: FrameClass, expiresAt?: number): SendOutcome | 'overflow' {
    if (!this.#isOpen()) return 'dropped';
    if (frameClass === 'droppable' && this.#congested) return 'dropped';
    const bytes = Buffer.byteLength(text);
    if (expiresAt !== undefined && this.#stream.writableNeedDrain)
      return this.#hold({ text, bytes, expiresAt });
    const { maxBytes, maxFrames } = this.#limits;
    if (this.#bytes + bytes > maxBytes || this.#frames >= maxFrames) {
      return frameClass === 'answer' ? 'overflow' : 'dropped';
    }
    this.#frames += 1;
    this.#bytes += bytes;
    this.#writer.add(text, bytes);
    if (!this.#congested && this.#bytes > maxBytes * HIGH_WATER) {
      this.#congested = true;
      this.#onPressure(true);
    }
    return 'sent';
  }

  whenDrained(task: () => void): void {
    if (this.#congested) this.#drainTasks.push(task);
    else task();
  }

  /** Hands what was sent in this turn to the socket, before it is closed. */
  flush(): void {
    this.#writer.flush();
  }

  #hold(frame: Expiring): SendOutcome {
    const { maxBytes, maxFrames } = this.#limits;
    const bytes = this.#bytes + this.#heldBytes + frame.bytes;
    if (bytes > maxBytes * HIGH_WATER || this.#frames + this.#held.length >= maxFrames) return 'dropped';
    this.#held.push(frame);
    this.#heldBytes += frame.bytes;
    return 'sent';
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    const now = this.#now();
    for (const { expiresAt, text } of held) if (expiresAt >= now) this.send(text, 'droppable');
  }

  #written(frames: number, bytes: number): void {
    this.#frames -= frames;
    this.#bytes -= bytes;
    if (this.#held.length > 0 && !this.#stream.writableNeedDrain) this.#release();
    if (!this.#congested || this.#bytes > this.#limits.maxBytes * LOW_WATER) return;
    this.#congested = false;
    this.#onPressure(false);
    const tasks = this.#drainTasks;
    this.#drainTasks = [];
    for (const task of tasks) task();
  }
}
