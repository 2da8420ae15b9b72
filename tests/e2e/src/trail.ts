import type { AUNClient, StateChange } from 'aun-client';

/** The states a client went through since now, the first one included. */
export class Trail {
  readonly changes: StateChange[] = [];
  readonly #start: string;

  constructor(client: AUNClient) {
    this.#start = client.state;
    client.on('state_change', (change) => void this.changes.push(change));
  }

  get states(): string[] {
    return [this.#start, ...this.changes.map(({ to }) => to)];
  }
}
