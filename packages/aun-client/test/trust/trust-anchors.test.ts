import { PrivateKey } from 'aun-crypto';
import {
  type CertificateAuthority,
  createIntermediateCa,
  createRootCa,
  issueCertificate,
} from 'aun-pki/issue';
import { describe, expect, it } from 'vitest';
import { TrustAnchors } from '../../src/trust/trust-anchors.js';

const nothingLearned = { current: () => [], refresh: async () => undefined };

const anchors = (...authorities: readonly CertificateAuthority[]): TrustAnchors =>
  new TrustAnchors(
    authorities.map(({ certificate }) => certificate.pem),
    nothingLearned,
  );

const agentOf = (ca: CertificateAuthority) =>
  issueCertificate(ca, {
    profile: 'agent',
    commonName: 'alice.example.test',
    publicKey: PrivateKey.generate().publicKey,
  });

const root = (privateKey?: PrivateKey) => createRootCa({ commonName: 'Example AUN Root', privateKey });

describe('the chain above a certificate, from what is known here', () => {
  it('goes over the root that issued it when several have its name (01 §5.1)', async () => {
    const [old, renewed] = [await root(), await root()];
    const leaf = await agentOf(renewed);
    for (const known of [anchors(old, renewed), anchors(renewed, old)]) {
      expect(known.localChain(leaf)?.map(({ fingerprint }) => fingerprint)).toEqual([
        renewed.certificate.fingerprint,
      ]);
    }
  });

  it('is not known when only a root of the same name with another key is here', async () => {
    const [old, renewed] = [await root(), await root()];
    expect(anchors(old).localChain(await agentOf(renewed))).toBeNull();
    const issuer = await createIntermediateCa(renewed, { commonName: 'example.test' });
    const leaf = await agentOf(issuer);
    expect(anchors(old, issuer).localChain(leaf)).toBeNull();
    expect(anchors(old, issuer, renewed).localChain(leaf)).toHaveLength(2);
  });
});
