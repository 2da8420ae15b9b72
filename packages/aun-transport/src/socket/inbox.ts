import type { CloseInfo, SocketListener } from './wire-socket.js';

/**
 * Keeps what arrives before somebody listens, so that a challenge in the same segment as the upgrade is not lost
 * (02 §4.1). Bounded: a server has no reason to say more than a few frames to somebody who is silent.
 */
export class SocketInbox {
  readonly #early: string[] = [];
  #listener: SocketListener | undefined;
  #closed: CloseInfo | undefined;
  readonly #maxEarlyFrames: number;
  readonly #onOverflow: () => void;

  constructor(onOverflow: () => void, maxEarlyFrames = 64) {
    this.#onOverflow = onOverflow;
    this.#maxEarlyFrames = maxEarlyFrames;
  }

  listen(listener: SocketListener): void {
    if (this.#listener !== undefined) throw new Error('the socket already has a listener');
    this.#listener = listener;
    for (const text of this.#early.splice(0)) listener.message(text);
    if (this.#closed !== undefined) listener.close(this.#closed);
  }

  message(text: string): void {
    if (this.#closed !== undefined) return;
    if (this.#listener !== undefined) this.#listener.message(text);
    else if (this.#early.length < this.#maxEarlyFrames) this.#early.push(text);
    else this.#onOverflow();
  }

  close(info: CloseInfo): void {
    if (this.#closed !== undefined) return;
    this.#closed = info;
    this.#listener?.close(info);
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }
}
