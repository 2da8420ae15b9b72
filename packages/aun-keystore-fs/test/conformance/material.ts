import type { Clock, KeyPairRecord, PrekeyRecord } from 'aun-core';
import { base64Encode, PrivateKey } from 'aun-crypto';
import { createIntermediateCa, createRootCa, issueCertificate } from 'aun-pki/issue';

/** A fresh key pair as a key store takes it. */
export function newKeyPair(): KeyPairRecord {
  const key = PrivateKey.generate();
  return { privateKeyPem: key.toPem(), publicKeyDerB64: base64Encode(key.publicKey.spki), curve: 'P-256' };
}

export function newPrekey(groupId: string, createdAt: number): PrekeyRecord {
  const key = PrivateKey.generate();
  const { publicKey } = key;
  return {
    spkId: publicKey.keyId(),
    groupId,
    privateScalar: key.toScalar(),
    publicSpki: publicKey.spki,
    createdAt,
  };
}

const at = (ms: number): Clock => ({ now: () => ms, setTimeout: () => 0, clearTimeout: () => {} });

/** Issues certificates of one small network; `notBefore` follows `time` (ms). */
export interface Issuer {
  readonly rootPem: string;
  issue(aid: string, keyPair: KeyPairRecord, time?: number): Promise<string>;
}

export async function newIssuer(): Promise<Issuer> {
  const root = await createRootCa({ commonName: 'Conformance Root' });
  const issuer = await createIntermediateCa(
    await createIntermediateCa(root, { commonName: 'Conformance Registry', role: 'registry' }),
    { commonName: 'conformance.test' },
  );
  return {
    rootPem: root.certificate.pem,
    async issue(aid, keyPair, time = Date.now()) {
      const { publicKey } = PrivateKey.fromPem(keyPair.privateKeyPem);
      const certificate = await issueCertificate(issuer, {
        profile: 'agent',
        commonName: aid,
        publicKey,
        clock: at(time),
      });
      return certificate.pem;
    },
  };
}

/** The `code` a promise fails with; undefined when it does not fail. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
