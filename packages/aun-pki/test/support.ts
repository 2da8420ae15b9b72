import { PrivateKey } from 'aun-crypto';
import type { Certificate } from '../src/index.js';
import {
  type CertificateAuthority,
  createIntermediateCa,
  createRootCa,
  issueCertificate,
} from '../src/issue.js';

/** Every test lives at this moment. */
export const now = Date.UTC(2026, 5, 15, 12, 0, 0);
export const clock = { now: () => now };

export const dayMs = 86_400_000;

/** Runs of property tests; `AUN_SOAK=1` multiplies them. */
export const runs = (count: number) => (process.env.AUN_SOAK === '1' ? count * 20 : count);

export interface Network {
  readonly root: CertificateAuthority;
  readonly registry: CertificateAuthority;
  readonly issuer: CertificateAuthority;
  /** As in `GET /pki/chain`: issuer first, root last. */
  readonly chain: readonly Certificate[];
}

/** Root → Registry → Issuer, as 01 §3.1 documents it. */
export async function createNetwork(curve: 'P-256' | 'P-384' = 'P-384'): Promise<Network> {
  const root = await createRootCa({ commonName: 'Example AUN Root', organization: 'Exämple', clock });
  const registry = await createIntermediateCa(root, {
    commonName: 'Example Registry',
    role: 'registry',
    clock,
  });
  const issuer = await createIntermediateCa(registry, { commonName: 'example.test', curve, clock });
  return { root, registry, issuer, chain: [issuer, registry, root].map(({ certificate }) => certificate) };
}

export async function createAgent(ca: CertificateAuthority, aid: string) {
  const privateKey = PrivateKey.generate();
  const certificate = await issueCertificate(ca, {
    profile: 'agent',
    commonName: aid,
    publicKey: privateKey.publicKey,
    clock,
  });
  return { certificate, privateKey };
}
