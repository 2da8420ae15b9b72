import type { VerifyResult } from 'aun-agentmd';
import type { Result } from 'aun-core';
import { type AidParts, AnyAid, signAgentMdOf, signPayload, verifyAgentMdOf, verifyPayload } from '../aid.js';

/**
 * An agent identity: certificate, perhaps the private key, signing and verifying (07 §4). Immutable; made by
 * `AIDStore`. After a renewal or rekey, load it again. As everywhere in browsers, fallible methods give promises.
 */
export class AID extends AnyAid {
  private constructor(parts: AidParts) {
    super(parts);
  }

  /** ECDSA P-256/SHA-256 over the bytes (text as UTF-8); `signature` is base64 of the DER. Code `PRIVATE_KEY_NOT_VALID`. */
  async sign(payload: string | Uint8Array): Promise<Result<{ signature: string }>> {
    return signPayload(this, payload);
  }

  /** A wrong or malformed signature is `valid: false`. Code `CERT_NOT_VALID` when the certificate has expired. */
  async verify(payload: string | Uint8Array, signature: string): Promise<Result<{ valid: boolean }>> {
    return verifyPayload(this, payload, signature);
  }

  /** Appends the signature block to an agent.md (09 §2.2). */
  async signAgentMd(content: string): Promise<Result<{ signed: string }>> {
    return signAgentMdOf(this, content);
  }

  /** Verifies an agent.md against this certificate (09 §2.4); a bad or absent signature is a status, no error. */
  async verifyAgentMd(content: string): Promise<Result<VerifyResult>> {
    return verifyAgentMdOf(this, content);
  }
}

/** Outside the class, so that bundlers keep its name. */
const Constructor = AID as unknown as new (parts: AidParts) => AID;

export const makeAid = (parts: AidParts): AID => new Constructor(parts);
