import { systemClock } from 'aun-core';
import { base64Encode, type PrivateKey, signDer, utf8Encode } from 'aun-crypto';
import type { Certificate } from 'aun-pki';
import { AgentMdError } from './agent-md-error.js';
import { toCertificate } from './certificate-input.js';
import type { AgentMdContent } from './content.js';
import { buildSignatureBlock, normalizeAgentMdPayload } from './signature-block.js';

/** Who signs: a certificate, as object or PEM, and its private key. */
export interface AgentMdSigner {
  readonly certificate?: Certificate | undefined;
  readonly certPem?: string | undefined;
  readonly privateKey: PrivateKey;
  /** Milliseconds since the epoch, written as seconds into the block. Default: the system clock. */
  readonly now?: number | undefined;
}

/**
 * Signs a document: an existing block is dropped, a missing final line end added, and a fresh block appended (09 §2.2).
 * Signing twice gives one block; an empty document gives a block over zero bytes.
 *
 * @throws {AgentMdError} `CERT_PARSE_ERROR`, `KEYPAIR_MISMATCH`
 * @throws {CryptoError} `invalid_encoding` for bytes that are not UTF-8
 */
export function signAgentMd(content: AgentMdContent, signer: AgentMdSigner): string {
  const certificate = toCertificate(signer.certificate ?? signer.certPem ?? '');
  if (!certificate.publicKey.equals(signer.privateKey.publicKey)) {
    throw new AgentMdError(
      'KEYPAIR_MISMATCH',
      'the private key does not belong to the certificate of the signer',
    );
  }
  const payload = normalizeAgentMdPayload(content);
  const block = buildSignatureBlock({
    certFingerprint: certificate.fingerprint,
    publicKeyFingerprint: certificate.spkiFingerprint,
    timestamp: Math.floor((signer.now ?? systemClock.now()) / 1000),
    signature: base64Encode(signDer(signer.privateKey, utf8Encode(payload))),
  });
  return payload + block;
}
