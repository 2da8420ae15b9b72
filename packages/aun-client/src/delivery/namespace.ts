import type { Clock } from 'aun-core';
import { type Emit, OrderedPublisher } from './ordered-publisher.js';
import { SeqTracker } from './seq-tracker.js';

/** Everything that is kept per sequence space: `p2p:{aid}`, `group:{gid}`, `group_event:{gid}` (04 §14.1). */
export class DeliveryNamespace {
  readonly name: string;
  readonly tracker: SeqTracker;
  readonly publisher: OrderedPublisher;
  /** Highest number this process has acknowledged. */
  lastAcked = 0;
  #pushes: Promise<unknown> = Promise.resolve();

  constructor(name: string, clock: Clock, restored: number, emit: Emit, onSettled?: () => void) {
    this.name = name;
    this.tracker = new SeqTracker(clock, restored);
    this.publisher = new OrderedPublisher(this.tracker, emit, onSettled);
  }

  /** Pushes of one namespace are handled strictly one after another. */
  onPush(task: () => Promise<void>): Promise<void> {
    const turn = this.#pushes.then(task);
    this.#pushes = turn.catch(() => undefined);
    return turn;
  }
}

export const p2pNamespace = (aid: string): string => `p2p:${aid}`;
