import { isJsonObject } from 'aun-core';
import type { Certificate } from '../certificate/certificate.js';
import { parseCertificate } from '../certificate/parse-certificate.js';
import { splitPemBundle } from '../certificate/pem-bundle.js';

/** Certificate material of one AID inside an end-to-end bootstrap answer. Nothing in it is verified (01 §14). */
export interface BootstrapMaterial {
  readonly certificate: Certificate | undefined;
  /** Fingerprint as stated, `''` if absent. */
  readonly fingerprint: string;
  /** CA certificates in the given order, issuer first; agents and other non-CA certificates are dropped. */
  readonly chain: readonly Certificate[];
}

const maxChainEntries = 16;

/**
 * Reads `certs[aid]` of a bootstrap answer:
 * `{ cert_pem|cert, cert_fingerprint|fingerprint|fp, ca_chain|ca_chain_pems|cert_chain|chain: [PEM | {cert_type, cert_pem}] }`.
 * `undefined` when there is nothing usable for the AID. Verify the certificate with `verifyPeerCertificate`.
 */
export function readBootstrapMaterial(certs: unknown, aid: string): BootstrapMaterial | undefined {
  if (!isJsonObject(certs) || !Object.hasOwn(certs, aid)) return undefined;
  const entry = certs[aid];
  if (!isJsonObject(entry)) return undefined;
  const certificate = parsePem(firstText(entry.cert_pem, entry.cert));
  const chain = [entry.ca_chain, entry.ca_chain_pems, entry.cert_chain, entry.chain].find((c) =>
    Array.isArray(c),
  );
  const material: BootstrapMaterial = {
    certificate,
    fingerprint: firstText(entry.cert_fingerprint, entry.fingerprint, entry.fp),
    chain: Array.isArray(chain) ? chain.slice(0, maxChainEntries).flatMap(readChainEntry) : [],
  };
  return material.certificate === undefined && material.chain.length === 0 ? undefined : material;
}

function readChainEntry(entry: unknown): Certificate[] {
  const pem = isJsonObject(entry) ? entry.cert_pem : entry;
  const isAgent = isJsonObject(entry) && entry.cert_type === 'agent';
  if (isAgent || typeof pem !== 'string') return [];
  return splitPemBundle(pem).flatMap((block) => {
    const certificate = parsePem(block);
    return certificate?.isCa === true ? [certificate] : [];
  });
}

function parsePem(pem: string): Certificate | undefined {
  if (pem === '') return undefined;
  const parsed = parseCertificate(pem);
  return parsed.ok ? parsed.data : undefined;
}

function firstText(...candidates: readonly unknown[]): string {
  return candidates.find((c): c is string => typeof c === 'string' && c !== '') ?? '';
}
