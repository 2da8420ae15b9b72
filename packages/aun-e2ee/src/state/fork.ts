import { isJsonObject, type JsonObject, normalizeGroupId } from 'aun-core';
import { readCommittedState } from './committed-state.js';

/** Last accepted chain of one group. */
export interface KnownChain {
  readonly stateVersion: number;
  readonly chain: string;
}

/** `group.v2.fork_detected`. */
export type ForkEvent = {
  readonly group_id: string;
  readonly local_chain: string;
  readonly server_chain: string;
};

/**
 * Watches the opaque `state_chain` of groups (03 §12.6): a chain may only change together with a growing
 * state_version. One instance per session; `export`/`restore` let a client persist it.
 */
export class ForkDetector {
  readonly #known = new Map<string, KnownChain>();

  known(groupId: string): KnownChain | undefined {
    return this.#known.get(normalizeGroupId(groupId));
  }

  /** Takes over what was known before, e.g. from disk. */
  restore(groupId: string, chain: KnownChain): void {
    this.#known.set(normalizeGroupId(groupId), chain);
  }

  forget(groupId: string): void {
    this.#known.delete(normalizeGroupId(groupId));
  }

  /**
   * Judges the chain of a fresh bootstrap. `getState` (`group.get_state`) is asked only when the chain changed; its
   * failure counts as "not newer". Returns the event to publish, or null; the send goes on in either case.
   */
  async check(groupId: string, chain: string, getState: () => Promise<unknown>): Promise<ForkEvent | null> {
    const id = normalizeGroupId(groupId);
    const known = this.#known.get(id);
    if (chain === '' || known?.chain === chain) return null;
    if (known === undefined) {
      this.#known.set(id, { stateVersion: 0, chain });
      return null;
    }
    const stateVersion = await versionOf(getState);
    if (stateVersion > known.stateVersion) {
      this.#known.set(id, { stateVersion, chain });
      return null;
    }
    return { group_id: id, local_chain: known.chain, server_chain: chain };
  }
}

/**
 * True when a received message was bound to another hash of a state version that this side knows: worth a
 * `group.v2.fork_detected`, never a reason to drop the message (03 §12.7).
 */
export function conflictsWithState(
  aad: JsonObject,
  known: { readonly stateVersion: number; readonly stateHash: string },
): boolean {
  const commitment = isJsonObject(aad.state_commitment) ? aad.state_commitment : {};
  const { state_version: version, state_hash: hash } = commitment;
  return version === known.stateVersion && known.stateVersion > 0 && hash !== known.stateHash;
}

async function versionOf(getState: () => Promise<unknown>): Promise<number> {
  try {
    return readCommittedState((await getState()) as JsonObject).stateVersion;
  } catch {
    // A server that cannot tell its version has not shown a newer one.
    return -1;
  }
}
