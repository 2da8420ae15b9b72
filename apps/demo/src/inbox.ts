import type { AUNClient } from 'aun-client';
import { DemoError } from './explain.js';

export interface ReceivedText {
  readonly from: string;
  readonly seq: number;
  readonly text: string;
  readonly encrypted: boolean;
  /** `performance.now()` at which the handler ran. */
  readonly at: number;
}

/** Turns pushed messages into something one can await in turn. */
export class Inbox {
  private readonly waiting: ((message: ReceivedText) => void)[] = [];
  private readonly queue: ReceivedText[] = [];
  private readonly seqs: number[] = [];

  constructor(client: AUNClient) {
    client.on('message.received', (message) => {
      const payload = message.payload as { text?: unknown };
      this.take({
        from: message.from,
        seq: message.seq,
        text: String(payload.text),
        encrypted: message.encrypted === true,
        at: performance.now(),
      });
    });
  }

  next(): Promise<ReceivedText> {
    const first = this.queue.shift();
    return first === undefined
      ? new Promise((resolve) => this.waiting.push(resolve))
      : Promise.resolve(first);
  }

  /** @throws {DemoError} unless every message came in the order of its sequence number, each once */
  expectOrder(): void {
    const wrong = this.seqs.findIndex((seq, index) => index > 0 && seq <= (this.seqs[index - 1] ?? 0));
    if (wrong >= 0) throw new DemoError(`messages arrived out of order: ${this.seqs.join(', ')}`);
  }

  private take(message: ReceivedText): void {
    this.seqs.push(message.seq);
    const waiter = this.waiting.shift();
    if (waiter === undefined) this.queue.push(message);
    else waiter(message);
  }
}
