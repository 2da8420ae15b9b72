import type { Clock, KeyStore } from 'aun-core';

/** One place (directory, database) in which stores can be opened, also several at once. */
export interface Harness {
  open(options: { readonly seed: string; readonly clock?: Clock }): Promise<KeyStore>;
  /** Closes what is open and removes everything. */
  dispose(): Promise<void>;
}

export type NewHarness = () => Promise<Harness>;

/** A clock that a test moves by hand. */
export class HandClock implements Clock {
  constructor(public time: number) {}
  now = (): number => this.time;
  setTimeout = (callback: () => void, delayMs: number): unknown => globalThis.setTimeout(callback, delayMs);
  clearTimeout = (handle: unknown): void => globalThis.clearTimeout(handle as number);
}
