import type { TimerHandle } from 'aun-core';

/** What one long connection has been given of its device's inbox (04 §13). */
export interface DeliveryState {
  /** Highest seq written in any push or pull page (D4). */
  sentHigh: number;
  /** Highest seq up to which content, not only hints, was written without a gap. */
  contentHigh: number;
  /** A pull was seen since connect. */
  pulled: boolean;
  /** A push was dropped: a hint for the newest row is owed (D6). */
  owed: boolean;
  /** Runs after a shortened page and after connect (04 §7.4, §13.4). */
  timer: TimerHandle | null;
}

export const newDeliveryState = (): DeliveryState => ({
  sentHigh: 0,
  contentHigh: 0,
  pulled: false,
  owed: false,
  timer: null,
});
