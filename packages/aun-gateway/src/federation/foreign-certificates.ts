import { type Clock, issuerOf, type Logger } from 'aun-core';
import {
  type Certificate,
  certificateMatchesFingerprint,
  parseCertificate,
  parseCertificateBundle,
  splitPemBundle,
} from 'aun-pki';
import { LRUCache } from 'lru-cache';
import type { AidCertificate, AidDirectory } from '../ports.js';
import type { GroupCommit } from '../store/group-commit.js';
import type { CertificateStore } from './certificate-store.js';
import type { PeerPki } from './peer-pki.js';
import type { PeerTrust } from './peer-trust.js';

const GOOD_MS = 600_000;
const BAD_MS = 10_000;
const MAX_KNOWN = 10_000;

interface Known {
  /** Null: there is no such certificate, or it does not verify. */
  readonly certificate: AidCertificate | null;
  readonly until: number;
}

/** Verified certificates of agents of other issuers, fetched from their gateways (01 §14, 02 §20.4). */
export interface ForeignCertificates {
  /**
   * Makes a certificate available to `directory`; by fingerprint of certificate or key, or the one in use. One that was
   * verified before serves while the other gateway is down.
   * @throws when that one cannot be asked and nothing is known
   */
  load(aid: string, fingerprint?: string): Promise<AidCertificate | null>;
  /** Nothing is left to load for it at the moment. */
  isLoaded(aid: string, fingerprint: string): boolean;
  /** What has been loaded, for signature checks. */
  readonly directory: AidDirectory;
}

export interface ForeignCertificateDeps {
  readonly pki: PeerPki;
  readonly trust: PeerTrust;
  readonly store: CertificateStore;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  readonly log: Logger;
}

const toAidCertificate = (certificate: Certificate, chainPems: readonly string[]): AidCertificate => ({
  certPem: certificate.pem,
  certFingerprint: certificate.fingerprint,
  spkiDer: certificate.spkiDer,
  chainPems,
});

export const createForeignCertificates = (deps: ForeignCertificateDeps): ForeignCertificates => {
  const { clock, commit, log, pki, store, trust } = deps;
  const known = new LRUCache<string, Known>({ max: MAX_KNOWN });
  const running = new Map<string, Promise<AidCertificate | null>>();
  const keyOf = (aid: string, fingerprint: string): string => `${aid} ${fingerprint.toLowerCase()}`;

  const keep = (aid: string, certificate: Certificate, chain: readonly Certificate[]): void => {
    const kept = {
      fingerprint: certificate.fingerprint,
      pem: certificate.pem,
      chainPem: chain.map(({ pem }) => pem).join(''),
      verifiedAt: clock.now(),
    };
    commit
      .run(() => store.keep(aid, kept))
      .catch((error: unknown) => log.error('foreign certificate not kept', { aid, error }));
  };

  const judged = async (
    aid: string,
    certificate: Certificate,
    chain: readonly Certificate[],
  ): Promise<AidCertificate | null> => {
    const verdict = await trust.verify(certificate, chain, { issuer: issuerOf(aid), aid });
    if (!verdict.ok) {
      log.warn('certificate of a foreign agent refused', { aid, reason: verdict.error.message });
      return null;
    }
    return toAidCertificate(
      certificate,
      chain.map(({ pem }) => pem),
    );
  };

  const fetchOne = async (aid: string, fingerprint: string): Promise<AidCertificate | null> => {
    const issuer = issuerOf(aid);
    const active = await pki.certificate(issuer, aid);
    if (active === null) return null;
    const wanted = fingerprint === '' || certificateMatchesFingerprint(active, fingerprint);
    const certificate = wanted ? active : await pki.certificate(issuer, aid, fingerprint);
    // Renewed keys still sign, replaced ones do not (01 §3.4); the other gateway tells them apart by the key only.
    if (certificate === null || !certificate.publicKey.equals(active.publicKey)) return null;
    const chain = await pki.chain(issuer);
    const found = await judged(aid, certificate, chain);
    if (found !== null) keep(aid, certificate, chain);
    return found;
  };

  /** What was verified earlier, judged again by its dates. */
  const recall = async (aid: string, fingerprint: string): Promise<AidCertificate | null> => {
    for (const { chainPem, pem } of store.of(aid)) {
      const parsed = parseCertificate(pem);
      const chain = parseCertificateBundle(splitPemBundle(chainPem).join('\n'));
      if (!parsed.ok || !chain.ok) continue;
      if (fingerprint === '' || certificateMatchesFingerprint(parsed.data, fingerprint))
        return judged(aid, parsed.data, chain.data);
    }
    return null;
  };

  const find = async (aid: string, fingerprint: string): Promise<Known> => {
    try {
      const certificate = await fetchOne(aid, fingerprint);
      return { certificate, until: clock.now() + (certificate === null ? BAD_MS : GOOD_MS) };
    } catch (error) {
      const certificate = await recall(aid, fingerprint);
      if (certificate === null) throw error;
      log.debug('known certificate used, its gateway does not answer', { aid, error });
      return { certificate, until: clock.now() + BAD_MS };
    }
  };

  const fresh = (key: string): Known | undefined => {
    const entry = known.get(key);
    return entry !== undefined && clock.now() < entry.until ? entry : undefined;
  };

  return {
    isLoaded: (aid, fingerprint) => fresh(keyOf(aid, fingerprint)) !== undefined,
    load(aid, fingerprint = '') {
      const key = keyOf(aid, fingerprint);
      const entry = fresh(key);
      if (entry !== undefined) return Promise.resolve(entry.certificate);
      const pending = running.get(key);
      if (pending !== undefined) return pending;
      const work = find(aid, fingerprint)
        .then((found) => {
          known.set(key, found);
          return found.certificate;
        })
        .finally(() => running.delete(key));
      running.set(key, work);
      return work;
    },
    directory: {
      exists: () => false,
      certificate: () => null,
      certificateByFingerprint: (aid, fingerprint) => fresh(keyOf(aid, fingerprint))?.certificate ?? null,
    },
  };
};
