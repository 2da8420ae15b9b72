/**
 * Encrypting for big groups on several cores (Node only).
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { E2EEError } from 'aun-core';
import type { Draft, EncryptOptions } from './draft.js';
import {
  draftGroup,
  draftP2P,
  finishGroup,
  finishP2P,
  type GroupMessage,
  type P2PMessage,
} from './encrypt.js';
import type { GroupEnvelope, P2PEnvelope } from './envelope.js';
import { makeWrapJob, rowWeight, unpackResult, type WrapJobResult } from './pool-job.js';
import type { RecipientCache } from './recipient-cache.js';
import { sealEnvelope } from './seal.js';
import { wrapForTarget, wrapForTargets } from './wrap-target.js';

export interface WrapPoolOptions {
  /** Worker threads beside the calling one, which works as well. Default: cores − 1, at least 1. */
  readonly size?: number;
  /** Fewer rows are wrapped on the calling thread. Default 24. */
  readonly minRows?: number;
  /** Where the built `pool-worker.js` lies, when a bundler has moved it. */
  readonly workerUrl?: URL;
}

interface Pending {
  readonly resolve: (result: WrapJobResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Worker threads that share the key agreements of one envelope with the calling thread. Make one per process, on
 * purpose: nothing in this package starts threads by itself. Close it, or the process stays alive while it works.
 *
 * @example
 * const pool = new WrapPool();
 * const envelope = await pool.encryptGroup({ sender, targets, payload, groupId, epoch }, session.encryptOptions());
 * await pool.close();
 */
export class WrapPool {
  readonly #workers: Worker[];
  readonly #pending = new Map<number, Pending>();
  readonly #minRows: number;
  #nextId = 0;
  #failure: Error | null = null;

  constructor(options: WrapPoolOptions = {}) {
    const size = Math.max(1, options.size ?? availableParallelism() - 1);
    const url = options.workerUrl ?? new URL('./pool-worker.js', import.meta.url);
    this.#minRows = options.minRows ?? 24;
    this.#workers = Array.from({ length: size }, () => this.#start(url));
  }

  #start(url: URL): Worker {
    const worker = new Worker(url);
    worker.on('message', (answer: WrapJobResult & { readonly error?: string }) => {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if (answer.error === undefined) pending?.resolve(answer);
      else pending?.reject(new E2EEError(`wrap pool: ${answer.error}`, { localCode: 'wrap_pool_failed' }));
      // Only a worker with work to do keeps the process alive.
      if (this.#pending.size === 0) for (const idle of this.#workers) idle.unref();
    });
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', (code) => this.#fail(new Error(`worker exited with code ${code}`)));
    worker.unref();
    return worker;
  }

  #fail(cause: unknown): void {
    this.#failure ??= new E2EEError('wrap pool: a worker is gone', { localCode: 'wrap_pool_failed', cause });
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }

  /** As `encryptP2P`. Rejects with `E2EEError` `wrap_pool_failed` when a worker died or the pool is closed. */
  async encryptP2P(message: P2PMessage, options: EncryptOptions = {}): Promise<P2PEnvelope> {
    const draft = draftP2P(message, options);
    const wrapped = await this.#wrap(draft, options.cache);
    return finishP2P(draft, sealEnvelope(draft, wrapped, options));
  }

  /** As `encryptGroup`. Rejects as {@link encryptP2P}. */
  async encryptGroup(message: GroupMessage, options: EncryptOptions = {}): Promise<GroupEnvelope> {
    const draft = draftGroup(message, options);
    const wrapped = await this.#wrap(draft, options.cache);
    return finishGroup(draft, sealEnvelope(draft, wrapped, options));
  }

  /** Stops the workers; jobs under way are rejected. Idempotent. */
  async close(): Promise<void> {
    this.#fail(new Error('closed'));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async #wrap(draft: Draft, cache: RecipientCache | undefined): Promise<Uint8Array[]> {
    if (this.#failure !== null) throw this.#failure;
    const { targets } = draft;
    if (targets.length < this.#minRows) return wrapForTargets(draft, cache);
    const [ownEnd, ...ends] = splitByWeight(draft, this.#workers.length + 1, cache);
    let start = ownEnd ?? 0;
    const parts = ends.map((end, i) => {
      const from = start;
      start = end;
      return this.#submit(i, draft, from, end, cache);
    });
    const results = Promise.all(parts);
    // While the workers run, this thread does its share; a rejection is seen at the await below.
    results.catch(() => undefined);
    const own = targets
      .slice(0, ownEnd)
      .map((target, i) => wrapForTarget(draft, target, draft.wrapNonces[i], cache));
    return [...own, ...(await results).flat()];
  }

  async #submit(
    workerIndex: number,
    draft: Draft,
    start: number,
    end: number,
    cache: RecipientCache | undefined,
  ): Promise<Uint8Array[]> {
    const worker = this.#workers[workerIndex];
    if (worker === undefined || start >= end) return [];
    const job = makeWrapJob(this.#nextId++, draft, start, end, cache);
    const result = await new Promise<WrapJobResult>((resolve, reject) => {
      this.#pending.set(job.id, { resolve, reject });
      worker.ref();
      const { sessionScalar, identityScalar, masterKey, salt, modes, points, secrets, nonces } = job;
      const parts = [sessionScalar, identityScalar, masterKey, salt, modes, points, secrets, nonces];
      worker.postMessage(
        job,
        parts.map((part) => part.buffer as ArrayBuffer),
      );
    });
    return unpackResult(result, draft, start, cache);
  }
}

/** Ends of `parts` consecutive ranges of about the same cost. */
function splitByWeight(draft: Draft, parts: number, cache: RecipientCache | undefined): number[] {
  const key = draft.sender.identityKey;
  const weights = draft.targets.map((target) => {
    const known = target.prekey !== null && cache?.peekSecret(key, target.prekey) !== undefined;
    return rowWeight(target, known);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const ends: number[] = [];
  let sum = 0;
  for (const [i, weight] of weights.entries()) {
    sum += weight;
    if (ends.length < parts - 1 && sum >= ((ends.length + 1) * total) / parts) ends.push(i + 1);
  }
  while (ends.length < parts) ends.push(weights.length);
  return ends;
}
