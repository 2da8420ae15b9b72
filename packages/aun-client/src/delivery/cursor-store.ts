import type { Clock, InstanceScope, KeyStore, TimerHandle } from 'aun-core';

const DEBOUNCE_MS = 200;

export type PersistError = { readonly phase: 'save' | 'restore'; readonly error: unknown };

/**
 * Keeps the cursors of one instance across restarts (04 §14.1, 08 §7.5). Writes are merged for 200 ms; `flush` writes
 * at once. Failures are reported and never stop delivery.
 */
export class CursorStore {
  readonly #keys: Pick<KeyStore, 'loadAllSeqs' | 'saveSeqs'>;
  readonly #aid: string;
  readonly #scope: InstanceScope;
  readonly #clock: Clock;
  readonly #onError: (failure: PersistError) => void;
  readonly #dirty = new Map<string, number>();
  readonly #saved = new Map<string, number>();
  #timer: TimerHandle | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    keys: Pick<KeyStore, 'loadAllSeqs' | 'saveSeqs'>,
    aid: string,
    scope: InstanceScope,
    clock: Clock,
    onError: (failure: PersistError) => void,
  ) {
    this.#keys = keys;
    this.#aid = aid;
    this.#scope = scope;
    this.#clock = clock;
    this.#onError = onError;
  }

  async restore(): Promise<ReadonlyMap<string, number>> {
    try {
      const stored = await this.#keys.loadAllSeqs(this.#aid, this.#scope);
      for (const [name, seq] of stored) this.#saved.set(name, seq);
      return stored;
    } catch (error) {
      this.#onError({ phase: 'restore', error });
      return new Map();
    }
  }

  /** Notes a new cursor; written within 200 ms. */
  note(namespace: string, seq: number): void {
    if ((this.#dirty.get(namespace) ?? this.#saved.get(namespace) ?? 0) === seq) return;
    this.#dirty.set(namespace, seq);
    this.#timer ??= this.#clock.setTimeout(() => void this.flush(), DEBOUNCE_MS, { background: true });
  }

  flush(): Promise<void> {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#dirty.size === 0) return;
    const batch = new Map(this.#dirty);
    this.#dirty.clear();
    // A push can prove that the stored cursor is ahead of the server; only then a value goes down (04 §14.1).
    const reset = [...batch].some(([name, seq]) => seq < (this.#saved.get(name) ?? 0));
    try {
      await this.#keys.saveSeqs(this.#aid, this.#scope, batch, reset ? { reset: true } : {});
      for (const [name, seq] of batch) this.#saved.set(name, seq);
    } catch (error) {
      this.#onError({ phase: 'save', error });
    }
  }
}
