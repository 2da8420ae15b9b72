import { ConnectionError, TimeoutError } from 'aun-client';
import { type Agent, say } from './agent.js';
import { until } from './until.js';

/** Failures that say nothing about whether the message is stored. */
const isInterruption = (error: unknown): boolean =>
  error instanceof ConnectionError || error instanceof TimeoutError;

/** Sends one text after another; each is repeated under its own id until the gateway acknowledges it. */
export class PersistentSender {
  readonly acknowledged: string[] = [];
  readonly #from: Agent;
  readonly #to: Agent;
  readonly #name: string;
  #repeats = 0;

  constructor(from: Agent, to: Agent, name: string) {
    this.#from = from;
    this.#to = to;
    this.#name = name;
  }

  get aid(): string {
    return this.#from.aid;
  }

  /** How often a send ended without an answer. */
  get repeats(): number {
    return this.#repeats;
  }

  async sendWhile(more: () => boolean): Promise<void> {
    while (more()) await this.sendNext();
  }

  async sendNext(): Promise<void> {
    const text = `${this.#name} ${this.acknowledged.length + 1}`;
    const id = `${this.#from.aid}-${this.acknowledged.length + 1}`;
    while (!(await this.#try(text, id))) {
      this.#repeats += 1;
      await until('the sender is ready again', () => this.#from.client.isReady, 60_000);
    }
    this.acknowledged.push(text);
  }

  async #try(text: string, id: string): Promise<boolean> {
    try {
      await say(this.#from, this.#to, text, id);
      return true;
    } catch (error) {
      if (isInterruption(error)) return false;
      throw error;
    }
  }
}
