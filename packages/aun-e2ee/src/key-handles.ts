import type { PrivateKey } from 'aun-crypto';

const MAX_HANDLES = 2_000;

/**
 * Handles of private keys, looked up once and kept. A handle that is let go of while somebody works with it is wiped
 * when the last one has finished.
 */
export class KeyHandles {
  readonly #handles = new Map<string, PrivateKey>();
  readonly #uses = new Map<PrivateKey, number>();
  /** Let go of while in use. */
  readonly #orphans = new Set<PrivateKey>();
  readonly #foreign: ReadonlySet<PrivateKey>;
  /** Grows when handles are let go of: what was being looked up at that moment is not kept either. */
  #generation = 0;

  /** `foreign`: keys that others own; they are never wiped here. */
  constructor(foreign: Iterable<PrivateKey>) {
    this.#foreign = new Set(foreign);
  }

  /** Runs `work` with the key of `id`, which `find` looks up the first time; null when there is none. */
  async use<T>(
    id: string,
    find: () => Promise<PrivateKey | null>,
    work: (key: PrivateKey | null) => Promise<T>,
  ): Promise<T> {
    const known = this.#handles.get(id);
    const key = known === undefined ? await this.#lookUp(id, find) : this.#lend(known);
    try {
      return await work(key);
    } finally {
      if (key !== null) this.#giveBack(key);
    }
  }

  /** Lets go of the handles whose id passes; wipes those that nobody works with. */
  forget(matches: (id: string) => boolean): void {
    this.#generation++;
    for (const [id, key] of this.#handles) {
      if (!matches(id)) continue;
      this.#handles.delete(id);
      this.#retire(key);
    }
  }

  async #lookUp(id: string, find: () => Promise<PrivateKey | null>): Promise<PrivateKey | null> {
    const generation = this.#generation;
    const found = await find();
    if (found === null) return null;
    const known = this.#handles.get(id);
    if (known !== undefined) {
      if (known !== found) this.#retire(found);
      return this.#lend(known);
    }
    const key = this.#lend(found);
    if (generation !== this.#generation) this.#retire(key);
    else this.#keep(id, key);
    return key;
  }

  #keep(id: string, key: PrivateKey): void {
    if (this.#handles.size >= MAX_HANDLES) this.forget(() => true);
    this.#handles.set(id, key);
  }

  #lend(key: PrivateKey): PrivateKey {
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
    return key;
  }

  #giveBack(key: PrivateKey): void {
    const left = (this.#uses.get(key) ?? 1) - 1;
    if (left > 0) {
      this.#uses.set(key, left);
      return;
    }
    this.#uses.delete(key);
    if (this.#orphans.delete(key)) key.wipe();
  }

  #retire(key: PrivateKey): void {
    if (this.#foreign.has(key)) return;
    if (this.#uses.has(key)) this.#orphans.add(key);
    else key.wipe();
  }
}
