import { ecdh, PrivateKey, type PublicKey, wipe } from 'aun-crypto';
import type { Draft } from './draft.js';
import type { RecipientCache } from './recipient-cache.js';
import { type Target, targetProtocol } from './target.js';
import { deriveWrapKey, wrapMasterKey } from './wrap.js';

const POINT = 65;
const SECRET = 32;
const NONCE = 12;
const WRAPPED = 48;

/** How one row is wrapped: 1DH, 3DH, or 3DH whose static secret the caller already knows. */
const Mode = { one: 0, three: 1, threeKnown: 2 } as const;

/** Rows for one worker as flat bytes, so that they cross the thread border by transfer. Holds secrets. */
export interface WrapJob {
  readonly id: number;
  readonly sessionScalar: Uint8Array;
  readonly identityScalar: Uint8Array;
  readonly masterKey: Uint8Array;
  readonly salt: Uint8Array;
  /** One {@link Mode} per row. */
  readonly modes: Uint8Array;
  /** Identity and prekey point of each row, the latter zero for 1DH. */
  readonly points: Uint8Array;
  /** Static secret of each row, zero unless known. */
  readonly secrets: Uint8Array;
  readonly nonces: Uint8Array;
}

export interface WrapJobResult {
  readonly id: number;
  readonly wrapped: Uint8Array;
  /** Static secrets of all 3DH rows, computed or given. */
  readonly secrets: Uint8Array;
}

/** The job for the rows `start` to `end` of a draft. */
export function makeWrapJob(
  id: number,
  draft: Draft,
  start: number,
  end: number,
  cache: RecipientCache | undefined,
): WrapJob {
  const count = end - start;
  const job: WrapJob = {
    id,
    sessionScalar: draft.sessionKey.toScalar(),
    identityScalar: draft.sender.identityKey.toScalar(),
    masterKey: draft.masterKey.slice(),
    salt: draft.salt.slice(),
    modes: new Uint8Array(count),
    points: new Uint8Array(count * 2 * POINT),
    secrets: new Uint8Array(count * SECRET),
    nonces: new Uint8Array(count * NONCE),
  };
  for (let i = 0; i < count; i++) {
    const target = draft.targets[start + i];
    if (target !== undefined) putTarget(job, i, target, draft.sender.identityKey, cache);
    job.nonces.set(draft.wrapNonces[start + i] ?? [], i * NONCE);
  }
  return job;
}

function putTarget(
  job: WrapJob,
  i: number,
  target: Target,
  identityKey: PrivateKey,
  cache: RecipientCache | undefined,
): void {
  job.points.set(target.identityKey.point, i * 2 * POINT);
  if (targetProtocol(target) === '1DH' || target.prekey === null) return;
  job.points.set(target.prekey.point, (i * 2 + 1) * POINT);
  const known = cache?.peekSecret(identityKey, target.prekey);
  job.modes[i] = known === undefined ? Mode.three : Mode.threeKnown;
  if (known !== undefined) job.secrets.set(known, i * SECRET);
}

/** Does a job and wipes its secrets. `keyAt` makes or remembers the handle of a point. */
export function runWrapJob(job: WrapJob, keyAt: (point: Uint8Array) => PublicKey): WrapJobResult {
  const session = PrivateKey.fromScalar(job.sessionScalar);
  const identity = PrivateKey.fromScalar(job.identityScalar);
  const count = job.modes.length;
  const wrapped = new Uint8Array(count * WRAPPED);
  for (let i = 0; i < count; i++) wrapped.set(wrapRow(job, i, session, identity, keyAt), i * WRAPPED);
  session.wipe();
  identity.wipe();
  wipe(job.sessionScalar, job.identityScalar, job.masterKey);
  return { id: job.id, wrapped, secrets: job.secrets };
}

function wrapRow(
  job: WrapJob,
  i: number,
  session: PrivateKey,
  identity: PrivateKey,
  keyAt: (point: Uint8Array) => PublicKey,
): Uint8Array {
  const mode = job.modes[i];
  const identityPoint = job.points.subarray(i * 2 * POINT, (i * 2 + 1) * POINT);
  const nonce = job.nonces.subarray(i * NONCE, (i + 1) * NONCE);
  const fresh = [ecdh(session, keyAt(identityPoint))];
  const secrets = [...fresh];
  if (mode !== Mode.one) {
    const prekey = keyAt(job.points.subarray((i * 2 + 1) * POINT, (i * 2 + 2) * POINT));
    const known = job.secrets.subarray(i * SECRET, (i + 1) * SECRET);
    if (mode === Mode.three) known.set(ecdh(identity, prekey));
    const dh3 = ecdh(session, prekey);
    fresh.push(dh3);
    secrets.push(known, dh3);
  }
  const wrapKey = deriveWrapKey(mode === Mode.one ? '1DH' : '3DH', secrets, job.salt);
  const wrapped = wrapMasterKey(wrapKey, nonce, job.masterKey);
  wipe(wrapKey, ...fresh);
  return wrapped;
}

/** Splits a result into rows and hands the static secrets to the cache; wipes them otherwise. */
export function unpackResult(
  result: WrapJobResult,
  draft: Draft,
  start: number,
  cache: RecipientCache | undefined,
): Uint8Array[] {
  const rows: Uint8Array[] = [];
  for (let i = 0; i * WRAPPED < result.wrapped.length; i++) {
    rows.push(result.wrapped.subarray(i * WRAPPED, (i + 1) * WRAPPED));
    const prekey = draft.targets[start + i]?.prekey ?? null;
    if (cache === undefined || prekey === null || targetIsOneDh(draft, start + i)) continue;
    if (cache.peekSecret(draft.sender.identityKey, prekey) !== undefined) continue;
    const secret = result.secrets.slice(i * SECRET, (i + 1) * SECRET);
    cache.rememberSecret(draft.sender.identityKey, prekey, secret);
  }
  wipe(result.secrets);
  return rows;
}

function targetIsOneDh(draft: Draft, index: number): boolean {
  const target = draft.targets[index];
  return target === undefined || targetProtocol(target) === '1DH';
}

/** Cost of one row in key agreements. */
export function rowWeight(target: Target, knownSecret: boolean): number {
  if (targetProtocol(target) === '1DH') return 1;
  return knownSecret ? 2 : 3;
}
