import { type Result, resultErr, resultOk } from 'aun-core';
import type { Certificate } from '../certificate/certificate.js';
import type { ChainCache, VerifiedChain } from './chain-cache.js';
import { type ChainLinkErrorCode, verifyLink } from './chain-link.js';
import { isSignedBy } from './signature.js';
import { type TrustedRoots, type TrustStore, toTrustStore } from './trust-store.js';
import { checkValidity, type ValidityErrorCode, type ValidityOptions } from './validity.js';

/** Most issuers between a leaf and its root, the root included. */
export const MAX_CHAIN_LENGTH = 8;

export type ChainErrorCode =
  | ChainLinkErrorCode
  | ValidityErrorCode
  | 'chain_empty'
  | 'chain_too_long'
  | 'no_trusted_roots'
  | 'path_length'
  | 'root_not_self_signed'
  | 'not_anchored'
  | 'critical_extension';

export interface ChainOptions extends ValidityOptions {
  /** Trusted roots; the last certificate of the chain must be one of them (DER equality). */
  readonly roots: TrustedRoots;
  /** Successes are stored here and looked up first. */
  readonly cache?: ChainCache | undefined;
}

/**
 * Verifies a leaf against the chain of `GET /pki/chain`, in the order `[issuer CA, …, root]`, up to a trusted root
 * (01 §3.2 checks 1 to 7): validity with skew, issuer names byte for byte, key identifiers, CA flag, path length, key
 * usage, signatures, and the self-signed root itself. Name and revocation are judged by `verifyPeerCertificate`.
 */
export function verifyChain(
  leaf: Certificate,
  chain: readonly Certificate[],
  options: ChainOptions,
): Result<VerifiedChain, ChainErrorCode> {
  const roots = toTrustStore(options.roots);
  const known = options.cache?.get(leaf, roots.id, Number(options.now));
  if (known !== undefined) {
    const fresh = checkAllValid(known.leaf, known.chain, options);
    return fresh.ok ? resultOk(known) : fresh;
  }
  const judged = judgeChain(leaf, chain, roots, options);
  if (!judged.ok) return judged;
  const verified: VerifiedChain = Object.freeze({ leaf, chain: Object.freeze([...chain]) });
  options.cache?.set(verified, roots.id, Number(options.now));
  return resultOk(verified);
}

function judgeChain(
  leaf: Certificate,
  chain: readonly Certificate[],
  roots: TrustStore,
  options: ValidityOptions,
): Result<Certificate, ChainErrorCode> {
  const root = chain.at(-1);
  if (root === undefined) return resultErr('chain_empty', 'missing CA chain: at least the root is needed');
  if (chain.length > MAX_CHAIN_LENGTH) {
    return resultErr(
      'chain_too_long',
      `the CA chain has ${chain.length} certificates, at most ${MAX_CHAIN_LENGTH}`,
    );
  }
  if (roots.size === 0) return resultErr('no_trusted_roots', 'no trusted roots available');
  const valid = checkAllValid(leaf, chain, options);
  if (!valid.ok) return valid;
  const understood = checkCriticalExtensions([leaf, ...chain]);
  if (!understood.ok) return understood;
  const linked = checkLinks(leaf, chain);
  if (!linked.ok) return linked;
  if (!root.selfIssued || !isSignedBy(root, root)) {
    return resultErr('root_not_self_signed', `the last certificate ${root.commonName} is not self-signed`);
  }
  if (!roots.has(root)) {
    return resultErr(
      'not_anchored',
      `the chain is not anchored by a trusted root: it ends in ${root.commonName}`,
    );
  }
  return resultOk(root);
}

function checkAllValid(
  leaf: Certificate,
  chain: readonly Certificate[],
  options: ValidityOptions,
): Result<Certificate, ValidityErrorCode> {
  const judged = checkValidity(leaf, options);
  if (!judged.ok) return judged;
  for (const ca of chain) {
    const valid = checkValidity(ca, options, 'CA certificate');
    if (!valid.ok) return valid;
  }
  return judged;
}

function checkCriticalExtensions(
  certificates: readonly Certificate[],
): Result<undefined, 'critical_extension'> {
  for (const certificate of certificates) {
    const unknown = certificate.unknownCritical[0];
    if (unknown !== undefined) {
      return resultErr(
        'critical_extension',
        `${certificate.commonName || certificate.fingerprint} has the unknown critical extension ${unknown}`,
      );
    }
  }
  return resultOk(undefined);
}

/** RFC 5280 §6.1.4: a path length counts the CA certificates below that are not self-issued. */
function checkLinks(
  leaf: Certificate,
  chain: readonly Certificate[],
): Result<undefined, ChainLinkErrorCode | 'path_length'> {
  let below = leaf;
  let intermediates = 0;
  for (const ca of chain) {
    const linked = verifyLink(below, ca);
    if (!linked.ok) return linked;
    if (ca.pathLength !== undefined && intermediates > ca.pathLength) {
      return resultErr(
        'path_length',
        `${ca.commonName} allows ${ca.pathLength} CA certificates below it, the chain has ${intermediates}`,
      );
    }
    if (!ca.selfIssued) intermediates += 1;
    below = ca;
  }
  return resultOk(undefined);
}
