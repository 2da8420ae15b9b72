import type { InstanceScope, JsonObject, KeyStore } from 'aun-core';
import { CLEARED_TOKENS, readTokens, type Tokens } from './tokens.js';

type InstanceStateStore = Pick<KeyStore, 'loadInstanceState' | 'updateInstanceState'>;

/** Tokens of one (AID, device, slot), shared with every process on the same path (01 §11.4). */
export class TokenStore {
  readonly #keys: InstanceStateStore;
  readonly #aid: string;
  readonly #scope: InstanceScope;

  constructor(keys: InstanceStateStore, aid: string, scope: InstanceScope) {
    this.#keys = keys;
    this.#aid = aid;
    this.#scope = scope;
  }

  async load(): Promise<Tokens> {
    return readTokens(await this.#keys.loadInstanceState(this.#aid, this.#scope));
  }

  /** Adds or replaces members, keeping everything else in the record. */
  async save(members: JsonObject): Promise<Tokens> {
    const written = await this.#keys.updateInstanceState(this.#aid, this.#scope, (state) => ({
      ...state,
      ...members,
    }));
    return readTokens(written);
  }

  /** Forgets the tokens unless another process stored newer ones meanwhile. */
  async clear(refused: Tokens): Promise<void> {
    await this.#keys.updateInstanceState(this.#aid, this.#scope, (state) =>
      readTokens(state).refreshToken === refused.refreshToken ? { ...state, ...CLEARED_TOKENS } : state,
    );
  }
}
