import { type Certificate, readableCertificates, TrustStore, verifyLink } from 'aun-pki';

/** Certificates that a keystore learned from verified lists (08 §9.1). */
export interface LearnedAnchors {
  /** PEM blocks as of the last `refresh`, or read on the spot where that is possible. */
  current(): readonly string[];
  /** Reads them again. Rejects when the keystore cannot be read. */
  refresh(): Promise<void>;
}

/**
 * Certificates that an application or a verified list declared trustworthy: `rootCaPath`, `rootCaPem`, and what the
 * keystore learned (08 §9.1).
 */
export class TrustAnchors {
  readonly #given: readonly string[];
  readonly #learned: LearnedAnchors;
  #store: TrustStore | null = null;

  constructor(given: readonly string[], learned: LearnedAnchors) {
    this.#given = given;
    this.#learned = learned;
  }

  /** Self-signed anchors: what a chain must end in. */
  get roots(): TrustStore {
    this.#store ??= new TrustStore(this.#all().filter((certificate) => certificate.selfIssued));
    return this.#store;
  }

  /** Forgets the parsed set and reads the keystore again. */
  async refresh(): Promise<void> {
    await this.#learned.refresh();
    this.#store = null;
  }

  /**
   * The chain above a certificate as far as it is known without the network, issuer first; null when it does not
   * reach a root.
   */
  localChain(leaf: Certificate): Certificate[] | null {
    const known = this.#all();
    const chain: Certificate[] = [];
    let below = leaf;
    while (chain.length < known.length) {
      const issuer = issuerAmong(known, below);
      if (issuer === undefined) return null;
      chain.push(issuer);
      if (issuer.selfIssued) return chain;
      below = issuer;
    }
    return null;
  }

  #all(): Certificate[] {
    return [...this.#given, ...this.#learned.current()].flatMap(readableCertificates);
  }
}

/**
 * Whoever issued a certificate; else one of that name, which shows what is wrong. A CA keeps its name when it changes
 * its key (01 §5.1): one with another key identifier is another CA.
 */
const issuerAmong = (known: readonly Certificate[], below: Certificate): Certificate | undefined => {
  let namesake: Certificate | undefined;
  for (const candidate of known) {
    const linked = verifyLink(below, candidate);
    if (linked.ok) return candidate;
    if (linked.error.code === 'issuer_mismatch' || linked.error.code === 'key_identifier_mismatch') continue;
    namesake ??= candidate;
  }
  return namesake;
};
