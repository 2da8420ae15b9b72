import { StateError } from 'aun-core';
import type { ConnectionState } from './states.js';
import { type ConnectionTrigger, nextState } from './transitions.js';

/** What accompanies a transition; becomes part of the `state_change` event (07 §9). */
export type TransitionDetail = {
  readonly error?: unknown;
  readonly code?: number | string;
  readonly reason?: string;
  readonly detail?: unknown;
  readonly attempt?: number;
  /** Unix milliseconds. */
  readonly next_retry_at?: number;
  readonly gateway?: string;
};

export type StateChange = TransitionDetail & {
  readonly from: ConnectionState;
  readonly to: ConnectionState;
  readonly state: ConnectionState;
};

/** Holds the current state and moves it along the table; everybody else only asks. */
export class StateMachine {
  #state: ConnectionState;
  readonly #announce: (change: StateChange) => void;

  constructor(initial: ConnectionState, announce: (change: StateChange) => void) {
    this.#state = initial;
    this.#announce = announce;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  can(trigger: ConnectionTrigger): boolean {
    return nextState(this.#state, trigger) !== null;
  }

  /**
   * Moves to the next state and announces it once the new state is visible.
   * @throws {StateError} when the table has no such cell
   */
  dispatch(trigger: ConnectionTrigger, detail: TransitionDetail = {}): void {
    const from = this.#state;
    const to = nextState(from, trigger);
    if (to === null) throw new StateError(`'${trigger}' is not possible in state '${from}'`);
    this.#state = to;
    this.#announce({ from, to, state: to, ...detail });
  }
}
