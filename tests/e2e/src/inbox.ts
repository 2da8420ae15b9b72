import type { AUNClient, ReceivedMessage, UndecryptableMessage } from 'aun-client';
import { until } from './until.js';

/** Everything the application of one client was handed, in the order in which it was handed over. */
export class Inbox {
  readonly messages: ReceivedMessage[] = [];
  readonly undecryptable: UndecryptableMessage[] = [];

  constructor(client: AUNClient) {
    client.on('message.received', (message) => void this.messages.push(message));
    client.on('message.undecryptable', (message) => void this.undecryptable.push(message));
  }

  get texts(): string[] {
    return this.messages.map(({ payload }) => String(payload.text));
  }

  get seqs(): number[] {
    return this.messages.map(({ seq }) => seq);
  }

  /** Messages that did not come encrypted, or did not say with what. */
  get plaintext(): ReceivedMessage[] {
    return this.messages.filter(({ encrypted, e2ee }) => encrypted !== true || e2ee?.version !== 'v2');
  }

  async holds(count: number, deadlineMs?: number): Promise<void> {
    await until(`${count} messages`, () => this.messages.length >= count, deadlineMs).catch(
      (error: Error) => {
        throw new Error(
          `${error.message}; there are ${this.messages.length}: ${this.texts.join(', ').slice(0, 500)}`,
        );
      },
    );
  }

  async has(text: string): Promise<void> {
    await until(`the message "${text}"`, () => this.texts.includes(text));
  }
}
