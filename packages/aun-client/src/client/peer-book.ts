import { ValidationError, validateAIDFormat } from 'aun-core';
import { AnyAid, createAid } from '../aid.js';
import type { Environment } from '../environment.js';
import type { PeerCertificates } from '../peers/peer-certificates.js';
import type { ResolveOpts } from '../store/types.js';

/** AIDs of others that this client has looked up (07 §6.8). Entries go when their certificate expires. */
export class PeerBook {
  readonly #environment: Environment;
  readonly #certificates: PeerCertificates;
  readonly #known = new Map<string, AnyAid>();

  constructor(environment: Environment, certificates: PeerCertificates) {
    this.#environment = environment;
    this.#certificates = certificates;
  }

  get(aid: string): AnyAid | null {
    const known = this.#known.get(aid.trim().toLowerCase());
    if (known === undefined) return null;
    if (known.isCertValid()) return known;
    this.#known.delete(known.aid);
    return null;
  }

  all(): AnyAid[] {
    return [...this.#known.values()].filter((aid) => this.get(aid.aid) !== null);
  }

  /** @throws {ValidationError} unless it is an AID with a valid certificate */
  put(aid: AnyAid): AnyAid {
    if (!(aid instanceof AnyAid)) throw new ValidationError('cachePeer takes an AID object');
    if (!aid.isCertValid()) throw new ValidationError(`the certificate of ${aid.aid} is not valid`);
    this.#known.set(aid.aid, aid);
    return aid;
  }

  async lookUp(input: string, options: ResolveOpts = {}): Promise<AnyAid> {
    const name = validateAIDFormat(input);
    const known = options.forceRefresh === true ? null : this.get(name);
    if (known !== null) return known;
    const certificate = await this.#certificates.get({
      aid: name,
      fresh: options.forceRefresh === true,
      ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
    });
    const environment = this.#environment;
    return this.put(createAid({ aid: name, certificate, privateKey: null, previousKeys: [], environment }));
  }
}
