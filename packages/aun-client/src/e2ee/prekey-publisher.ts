import { AUNError, type Clock, type Logger, RpcCode } from 'aun-core';
import type { E2EESession } from 'aun-e2ee';
import type { RpcCaller } from '../rpc/signed-caller.js';

/** How long others wait for an upload before they go on without it. */
export const PREKEY_PATIENCE_MS = 5_000;
/** Time in which a failed upload is not tried again on the same connection. */
export const PREKEY_PAUSE_MS = 60_000;

export type PrekeyPorts = {
  readonly session: Pick<E2EESession, 'registration' | 'markUploaded'>;
  readonly call: RpcCaller;
  readonly clock: Clock;
  readonly logger: Logger;
};

type Mode = 'republish' | 'rotate';

/** What belongs to one connection: an upload ends with it, and so does a refusal. */
class Era {
  /** Resolves when the upload under way has ended. */
  upload: Promise<void> | null = null;
  /** The same, but not later than {@link PREKEY_PATIENCE_MS} after its beginning. */
  patience: Promise<void> = Promise.resolve();
  rotating = false;
  failedAt: number | null = null;
  refused = false;
}

/**
 * Uploads of the own prekey (03 §3.4, §10), one at a time. Whoever waits for one waits for seconds at most: messages are
 * encrypted and opened without it, too. None of the promises rejects.
 */
export class PrekeyPublisher {
  readonly #ports: PrekeyPorts;
  #era = new Era();
  #isPublished = false;
  #rotations = 0;

  constructor(ports: PrekeyPorts) {
    this.#ports = ports;
  }

  /** Rotations so far: tells a wish for one that was already fulfilled. */
  get rotations(): number {
    return this.#rotations;
  }

  /** What the server of an earlier connection refused or left open is asked for anew. */
  newConnection(): void {
    this.#era = new Era();
  }

  /** Uploads the current prekey again, which heals a server that lost it. */
  republish(): Promise<void> {
    const era = this.#era;
    if (era.upload !== null) return era.patience;
    return this.#mayTry(era) ? this.#start('republish', era) : Promise.resolve();
  }

  /** The same unless the server has one of this process, or failed to take it a short while ago. */
  ensure(): Promise<void> {
    return this.#isPublished ? Promise.resolve() : this.republish();
  }

  /**
   * Replaces the prekey that a message has used up. Nothing happens when that is under way already, or was done since
   * {@link rotations} was `asOf`.
   */
  async rotate(asOf: number): Promise<void> {
    const era = this.#era;
    if (era.rotating || asOf !== this.#rotations) return;
    era.rotating = true;
    while (era.upload !== null) await era.upload;
    if (this.#mayTry(era)) await this.#start('rotate', era);
    while (era.upload !== null) await era.upload;
    era.rotating = false;
  }

  #start(mode: Mode, era: Era): Promise<void> {
    const { clock } = this.#ports;
    const upload = this.#upload(mode, era).then(() => {
      era.upload = null;
    });
    era.upload = upload;
    era.patience = atMost(clock, PREKEY_PATIENCE_MS, upload);
    return era.patience;
  }

  #mayTry(era: Era): boolean {
    if (era !== this.#era || era.refused) return false;
    const passed = this.#ports.clock.now() - (era.failedAt ?? Number.NEGATIVE_INFINITY);
    return passed < 0 || passed >= PREKEY_PAUSE_MS;
  }

  async #upload(mode: Mode, era: Era): Promise<void> {
    const { session, call, clock, logger } = this.#ports;
    try {
      const registration = await session.registration({ mode });
      if (registration === null) return;
      await call(registration.method, { ...registration.params }, { background: true });
      await session.markUploaded(registration);
      this.#isPublished = true;
      if (mode === 'rotate') this.#rotations += 1;
    } catch (error) {
      era.failedAt = clock.now();
      era.refused = isRefusal(error);
      // After a failed rotation the server still has the prekey before.
      if (mode === 'republish' && era === this.#era) this.#isPublished = false;
      logger.warn('publishing a prekey failed', { mode, error });
    }
  }
}

/** Would the same connection hear the same again? */
const isRefusal = (error: unknown): boolean =>
  error instanceof AUNError && !error.retryable && error.code !== RpcCode.internalError;

/** Resolves with `work`, or when the time is over. */
const atMost = (clock: Clock, ms: number, work: Promise<void>): Promise<void> =>
  new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, ms, { background: true });
    void work.then(() => {
      clock.clearTimeout(timer);
      resolve();
    });
  });
