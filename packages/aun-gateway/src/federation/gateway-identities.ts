import { type Clock, sleep } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import { type Certificate, parseCertificate } from 'aun-pki';
import { issueCertificate } from 'aun-pki/issue';
import type { Authorities } from '../ca/authorities.js';
import type { KeyVault } from '../ca/custody/key-vault.js';
import type { IssuerAuthority } from '../ca/issuer-authority.js';
import { certRowOf } from '../services/identity/cert-row.js';
import type { IdentityStore } from '../services/identity/identity-store.js';
import type { GroupCommit } from '../store/group-commit.js';

/** What `gateway.{issuer}` proves itself with to other gateways (02 §20.4). */
export interface GatewayIdentity {
  readonly issuer: string;
  /** `gateway.{issuer}`. */
  readonly gatewayAid: string;
  readonly cert: Certificate;
  readonly chain: readonly Certificate[];
  readonly key: PrivateKey;
}

export const gatewayAidOf = (issuer: string): string => `gateway.${issuer}`;

/**
 * Keys and certificates of our own gateways. Certificates lie among those of the agents, so that `/pki/cert`, CRL and
 * OCSP know them and `ca revoke` withdraws them; a revoked or half-spent one is replaced when it is next needed.
 */
export class GatewayIdentities {
  readonly #deps: {
    readonly authorities: Authorities;
    readonly vault: () => KeyVault;
    readonly store: IdentityStore;
    readonly commit: GroupCommit;
    readonly clock: Clock;
  };
  readonly #open = new Map<string, GatewayIdentity>();
  readonly #making = new Map<string, Promise<GatewayIdentity>>();

  constructor(deps: {
    authorities: Authorities;
    /** Opened only when a key is read or made. */
    vault: () => KeyVault;
    store: IdentityStore;
    commit: GroupCommit;
    clock: Clock;
  }) {
    this.#deps = deps;
  }

  /** The identity in use. @throws CustodyError, RangeError for an issuer that is not served */
  current(issuer: string): Promise<GatewayIdentity> {
    const row = this.#deps.store.active(gatewayAidOf(issuer));
    const known = this.#open.get(issuer);
    if (known !== undefined && known.cert.serialHex === row?.serial && this.#isFresh(known.cert)) {
      return Promise.resolve(known);
    }
    const making = this.#making.get(issuer);
    if (making !== undefined) return making;
    const work = this.#openOrMake(issuer).finally(() => this.#making.delete(issuer));
    this.#making.set(issuer, work);
    return work;
  }

  #isFresh(cert: Certificate): boolean {
    return this.#deps.clock.now() < (cert.notBefore.getTime() + cert.notAfter.getTime()) / 2;
  }

  async #openOrMake(issuer: string): Promise<GatewayIdentity> {
    // Key files are read and written synchronously: not within the caller's turn.
    await sleep(this.#deps.clock, 0);
    const authority = this.#deps.authorities.require(issuer);
    const identity = this.#stored(authority) ?? (await this.#make(authority));
    this.#open.set(issuer, identity);
    return identity;
  }

  #stored(authority: IssuerAuthority): GatewayIdentity | undefined {
    const row = this.#deps.store.active(gatewayAidOf(authority.issuer));
    const parsed = row === undefined ? undefined : parseCertificate(row.pem);
    if (parsed === undefined || !parsed.ok || !this.#isFresh(parsed.data)) return undefined;
    const cert = parsed.data;
    const name = keyName(authority.issuer, cert.publicKey.keyId());
    const vault = this.#deps.vault();
    return vault.has(name) && authority.issued(cert)
      ? this.#identity(authority, cert, vault.read(name))
      : undefined;
  }

  async #make(authority: IssuerAuthority): Promise<GatewayIdentity> {
    const { clock, commit, store } = this.#deps;
    const { issuer } = authority;
    const aid = gatewayAidOf(issuer);
    const key = this.#deps.vault().createNamed((fresh) => keyName(issuer, fresh.publicKey.keyId()), 'P-256');
    const cert = await issueCertificate(authority.hierarchy.issuer, {
      profile: 'auth',
      commonName: aid,
      publicKey: key.publicKey,
      dnsNames: [],
      clock,
    });
    const now = Math.floor(clock.now() / 1000);
    await commit.run(() => {
      const before = store.active(aid);
      if (store.aid(aid) === undefined) store.addAid(aid, 'service', now);
      if (before !== undefined) store.supersede(before.serial, cert.serialHex, 'rekey');
      store.addCertificate(certRowOf(cert, aid, issuer, now));
    });
    return this.#identity(authority, cert, key);
  }

  #identity(authority: IssuerAuthority, cert: Certificate, key: PrivateKey): GatewayIdentity {
    const { chain, issuer } = authority;
    return { issuer, gatewayAid: gatewayAidOf(issuer), cert, chain, key };
  }
}

const keyName = (issuer: string, keyId: string): string =>
  `${issuer}/gateway/${keyId.replace(/^sha256:/, '')}`;
