import type { WebSocket } from 'ws';
import type { FrameClass, SendOutcome } from '../session/live-session.js';

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
  readonly #socket: WebSocket;
  readonly #limits: OutboxLimits;
  readonly #onPressure: (congested: boolean) => void;
  #frames = 0;
  #bytes = 0;
  #congested = false;
  #drainTasks: (() => void)[] = [];

  constructor(socket: WebSocket, limits: OutboxLimits, onPressure: (congested: boolean) => void) {
    this.#socket = socket;
    this.#limits = limits;
    this.#onPressure = onPressure;
  }

  get congested(): boolean {
    return this.#congested;
  }

  send(text: string, frameClass: FrameClass): SendOutcome | 'overflow' {
    if (this.#socket.readyState !== this.#socket.OPEN) return 'dropped';
    if (frameClass === 'droppable' && this.#congested) return 'dropped';
    const bytes = Buffer.from(text);
    const { maxBytes, maxFrames } = this.#limits;
    if (this.#bytes + bytes.length > maxBytes || this.#frames >= maxFrames) {
      return frameClass === 'answer' ? 'overflow' : 'dropped';
    }
    this.#frames += 1;
    this.#bytes += bytes.length;
    this.#socket.send(bytes, { binary: false }, () => this.#written(bytes.length));
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

  #written(bytes: number): void {
    this.#frames -= 1;
    this.#bytes -= bytes;
    if (!this.#congested || this.#bytes > this.#limits.maxBytes * LOW_WATER) return;
    this.#congested = false;
    this.#onPressure(false);
    const tasks = this.#drainTasks;
    this.#drainTasks = [];
    for (const task of tasks) task();
  }
}
