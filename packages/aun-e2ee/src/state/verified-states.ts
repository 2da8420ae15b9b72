import { type Result, resultOk } from 'aun-core';
import { concatBytes, hexEncode, sha256, utf8Encode } from 'aun-crypto';
import {
  type BootstrapState,
  checkBootstrapState,
  needsStateCheck,
  type StateCheckCode,
  type StateTrust,
  stateSignPayload,
} from './signature.js';

const TTL_MS = 60 * 60 * 1000;
const MAX_ENTRIES = 16_384;

/** Remembers for an hour which signed states were checked, so that bootstraps don't verify them again (03 §4.6). */
export class VerifiedStates {
  readonly #seen = new Map<string, number>();

  /** As `checkBootstrapState`; `now` is Unix ms. Failures are never remembered. */
  check(state: BootstrapState, trust: StateTrust, now: number): Result<'valid' | 'skipped', StateCheckCode> {
    if (!needsStateCheck(state)) return resultOk('skipped');
    const id = stateId(state, trust);
    const at = this.#seen.get(id);
    if (at !== undefined && now - at < TTL_MS) return resultOk('valid');
    const checked = checkBootstrapState(state, trust);
    if (!checked.ok) return checked;
    this.#trim(now);
    this.#seen.set(id, now);
    return checked;
  }

  clear(): void {
    this.#seen.clear();
  }

  /** Drops what is too old and, if that is not enough, the oldest quarter. */
  #trim(now: number): void {
    if (this.#seen.size < MAX_ENTRIES) return;
    for (const [id, at] of this.#seen) if (now - at >= TTL_MS) this.#seen.delete(id);
    const excess = this.#seen.size < MAX_ENTRIES ? 0 : MAX_ENTRIES / 4;
    for (const id of [...this.#seen.keys()].slice(0, excess)) this.#seen.delete(id);
  }
}

/** Hash over length-framed texts: no two different states share it. */
function stateId(state: BootstrapState, trust: StateTrust): string {
  const key = trust.actorKey.fingerprint();
  const admins = trust.previousAdmins?.join('\0') ?? '<unknown>';
  const texts = [state.actorAid, key, admins, stateSignPayload(state), state.signature].map(utf8Encode);
  const framed = texts.flatMap((text) => [utf8Encode(`${text.length}:`), text]);
  return hexEncode(sha256(concatBytes(...framed)));
}
