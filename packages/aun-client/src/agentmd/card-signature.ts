import { signAgentMd, type VerifyResult, verifyAgentMd } from 'aun-agentmd';
import { ErrorCodes, type Result, resultErr, resultOk } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import type { Certificate } from 'aun-pki';

export type { VerifyResult };

export type CardSigner = {
  readonly certificate: Certificate;
  readonly privateKey: PrivateKey;
  readonly now: number;
};

/** Code `SIGNATURE_OPERATION_ERROR` (07 §2.2). */
export const signCard = (content: string, signer: CardSigner): Result<{ signed: string }> => {
  try {
    return resultOk({ signed: signAgentMd(content, signer) });
  } catch (error) {
    return resultErr(ErrorCodes.SIGNATURE_OPERATION_ERROR, 'signing the agent.md failed', error);
  }
};

/** The caller has judged the certificate already. Code `VERIFICATION_OPERATION_ERROR`. */
export const verifyCard = (content: string, certificate: Certificate, aid: string): Result<VerifyResult> => {
  try {
    return verifyAgentMd(content, certificate, aid, { certValid: true });
  } catch (error) {
    return resultErr(ErrorCodes.VERIFICATION_OPERATION_ERROR, 'verifying the agent.md failed', error);
  }
};
