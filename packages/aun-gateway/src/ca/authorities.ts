import type { KeyObject } from 'node:crypto';
import type { IssuerAuthority } from './issuer-authority.js';

/** The certificate authorities of all issuers this process serves. */
export class Authorities {
  readonly #byIssuer: ReadonlyMap<string, IssuerAuthority>;
  /** The default issuer: hosts that name none get its answers. */
  readonly first: IssuerAuthority;

  constructor(authorities: readonly IssuerAuthority[]) {
    const [first] = authorities;
    if (first === undefined) throw new TypeError('a gateway needs at least one issuer');
    this.first = first;
    this.#byIssuer = new Map(authorities.map((authority) => [authority.issuer, authority]));
  }

  get all(): readonly IssuerAuthority[] {
    return [...this.#byIssuer.values()];
  }

  get(issuer: string): IssuerAuthority | undefined {
    return this.#byIssuer.get(issuer);
  }

  /** @throws RangeError for an issuer that is not served; callers check first */
  require(issuer: string): IssuerAuthority {
    const authority = this.#byIssuer.get(issuer);
    if (authority === undefined) throw new RangeError(`issuer not served: ${issuer}`);
    return authority;
  }

  serves(issuer: string): boolean {
    return this.#byIssuer.has(issuer);
  }

  /** The issuer that has a CA or auth certificate of this serial. */
  withCertificate(serial: string): IssuerAuthority | undefined {
    return this.all.find((authority) => authority.certificate(serial) !== undefined);
  }

  /** The issuer whose Issuer CA made the auth certificate of this serial. */
  withAuthCertificate(serial: string): IssuerAuthority | undefined {
    return this.all.find((authority) => authority.authKey(serial) !== undefined);
  }

  /** The key that a token's `kid` names, and whose it is. */
  verificationKey(serial: string): { readonly issuer: string; readonly key: KeyObject } | undefined {
    for (const authority of this.#byIssuer.values()) {
      const key = authority.authKey(serial);
      if (key !== undefined) return { issuer: authority.issuer, key };
    }
    return undefined;
  }
}
