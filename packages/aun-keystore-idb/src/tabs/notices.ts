import type { Platform } from '../platform.js';

/** What another tab or worker of this origin has changed. */
export interface StoreChange {
  readonly kind: ChangeKind;
  /** The entry concerned; missing for what belongs to all. */
  readonly aid?: string;
}

const kinds = [
  'identities',
  'certificates',
  'pending',
  'seed',
  'tokens',
  'metadata',
  'cursors',
  'group_state',
  'prekeys',
  'trust',
  'cards',
  'group_index',
  'outbox',
] as const;
export type ChangeKind = (typeof kinds)[number];

const CHANNEL = 'aun-keystore';

/** Tells the other realms of this origin what was written, after it was. Carries names, never contents. */
export class ChangeNotices {
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #channel: BroadcastChannel | null = null;

  constructor(readonly platform: Platform) {}

  tell(kind: ChangeKind, aid?: string): void {
    this.#open()?.postMessage(aid === undefined ? { kind } : { kind, aid });
  }

  /** Calls `listener` for changes made elsewhere, until the returned function is called. */
  listen(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    this.#open();
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#channel?.close();
    this.#channel = null;
  }

  #open(): BroadcastChannel | null {
    if (this.#channel !== null) return this.#channel;
    const { BroadcastChannel: Channel } = this.platform;
    if (Channel === null || Channel === undefined) return null;
    const channel = new Channel(CHANNEL);
    channel.onmessage = (event: MessageEvent<unknown>) => {
      const change = toChange(event.data);
      if (change !== null) for (const listener of this.#listeners) listener(change);
    };
    // In Node a channel keeps the process alive; a store must not.
    if ('unref' in channel && typeof channel.unref === 'function') channel.unref();
    this.#channel = channel;
    return channel;
  }
}

/** Any script of the origin can post to the channel. */
function toChange(data: unknown): StoreChange | null {
  if (typeof data !== 'object' || data === null) return null;
  const { kind, aid } = data as { readonly kind?: unknown; readonly aid?: unknown };
  const known = kinds.find((name) => name === kind);
  if (known === undefined) return null;
  return typeof aid === 'string' ? { kind: known, aid } : { kind: known };
}
