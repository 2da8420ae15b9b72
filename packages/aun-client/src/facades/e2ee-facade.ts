import type { E2eeCoordinator } from '../e2ee/coordinator.js';

/** `client.e2ee` (07 §6.14). Allowed in every state; without an identity there is nothing to forget. */
export class E2eeFacade {
  readonly #coordinator: () => E2eeCoordinator | null;

  constructor(coordinator: () => E2eeCoordinator | null) {
    this.#coordinator = coordinator;
  }

  /** Forgets the cached devices and keys of one peer, or of all; the next send looks anew. */
  invalidatePrekeyCache(peerAid?: string): void {
    this.#coordinator()?.bootstraps.invalidate(peerAid);
  }

  /** Older spelling of {@link invalidatePrekeyCache}. */
  invalidate_prekey_cache(params: { peer_aid?: string } = {}): void {
    this.invalidatePrekeyCache(params.peer_aid);
  }

  /** Nothing to do: `connect` prepares encryption. */
  async initV2Session(): Promise<void> {
    await this.#coordinator()?.ensurePrekey();
  }
}
