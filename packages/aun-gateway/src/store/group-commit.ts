import type { Logger } from 'aun-core';
import { asStoreError, type Database, StoreError } from './database.js';

/** Writes that share one durable transaction. A promise settles only after its transaction is on disk. */
export interface GroupCommit {
  /**
   * Queues `work`; it runs synchronously inside the next transaction, in order of arrival. It may run a second time
   * alone when another write of its batch failed, so it must have no effects outside the database. `committed` runs
   * right after the commit, in the order of the writes, before anything else can read or write.
   */
  run<T>(work: () => T, committed?: (value: T) => void): Promise<T>;
  /** Commits what is queued, now. */
  flush(): void;
}

interface Job {
  readonly work: () => unknown;
  /** Announces the durable outcome, then settles the promise. */
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

const MAX_BATCH = 512;
/** As many do not wait for more. */
const FULL_BATCH = 64;
/** Pause between two commits under load (04 §21.2 allows 5): a commit costs as much as ten rows. */
const COMPANY_MS = 2;

/**
 * Writes that arrive in one turn of the event loop share one transaction and one disk flush. A lone one commits at once;
 * after a batch of several, which is what load looks like, the next one gathers for two milliseconds.
 */
export function createGroupCommit(db: Database, log: Logger): GroupCommit {
  let queue: Job[] = [];
  let soon: NodeJS.Immediate | null = null;
  let later: NodeJS.Timeout | null = null;
  let gatherUntil = 0;

  const attempt = (jobs: readonly Job[]): Outcome[] | null => {
    try {
      return db.transaction(() => jobs.map((job): Outcome => ({ ok: true, value: job.work() })));
    } catch (error) {
      if (jobs.length > 1) return null;
      const reason = asStoreError(error);
      if (reason instanceof StoreError) log.error('transaction failed', { error });
      return [{ ok: false, error: reason }];
    }
  };

  const settle = (jobs: readonly Job[]): void => {
    // One bad write must not fail its neighbours: after a rollback each runs alone.
    const outcomes = attempt(jobs) ?? jobs.flatMap((job) => attempt([job]) ?? []);
    jobs.forEach((job, index) => {
      const outcome = outcomes[index];
      if (outcome?.ok) announce(job, outcome.value);
      else job.reject(outcome?.error);
    });
  };

  const announce = (job: Job, value: unknown): void => {
    try {
      job.resolve(value);
    } catch (error) {
      // The write stands; whoever was to be told recovers by a pull.
      log.error('after commit', { error });
      job.reject(error);
    }
  };

  const flush = (): void => {
    if (soon !== null) clearImmediate(soon);
    if (later !== null) clearTimeout(later);
    soon = null;
    later = null;
    if (queue.length === 0) return;
    const several = queue.length > 1;
    while (queue.length > 0) {
      const jobs = queue.slice(0, MAX_BATCH);
      queue = queue.slice(MAX_BATCH);
      settle(jobs);
    }
    gatherUntil = several ? performance.now() + COMPANY_MS : 0;
  };

  const schedule = (): void => {
    if (soon !== null) return;
    const rest = queue.length < FULL_BATCH ? gatherUntil - performance.now() : 0;
    if (rest <= 0) soon = setImmediate(flush);
    else later ??= setTimeout(flush, Math.ceil(rest));
  };

  return {
    run<T>(work: () => T, committed?: (value: T) => void): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const settled = (value: unknown): void => {
          committed?.(value as T);
          resolve(value as T);
        };
        queue.push({ work, resolve: settled, reject });
        schedule();
      });
    },
    flush,
  };
}
