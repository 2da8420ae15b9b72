import type { Certificate } from 'aun-pki';
import { parseAgentMd } from '../parse.js';
import { type VerifyResult, verifyAgentMd } from '../verify.js';
import type { CertificateLookup } from './ports.js';

export interface JudgedCard {
  readonly outcome: VerifyResult;
  readonly certificate: Certificate | undefined;
}

/**
 * Verifies a downloaded card with the certificate its block names, else with the active one (09 §7.4). Rejects only
 * when a signed card needs a certificate and the look-up fails.
 */
export async function judgeCard(
  text: string,
  aid: string,
  findCertificate: CertificateLookup,
  nowMs: number,
): Promise<JudgedCard> {
  const { fields, payload, parseError } = parseAgentMd(text);
  if (fields === null) {
    const outcome: VerifyResult =
      parseError === undefined
        ? { status: 'unsigned', payload }
        : { status: 'invalid', payload, reason: parseError };
    return { outcome, certificate: await activeCertificate(aid, findCertificate) };
  }
  const answer = await findCertificate(aid, fields.cert_fingerprint);
  if (!answer.found)
    return { outcome: { status: 'invalid', payload, aid, reason: answer.reason }, certificate: undefined };
  const { certificate } = answer;
  const verified = verifyAgentMd(text, certificate, aid, { now: nowMs });
  if (verified.ok) return { outcome: verified.data, certificate };
  const expired = verified.error.code === 'CERT_NOT_VALID' && certificate.notAfter.getTime() < nowMs;
  const reason = expired ? 'certificate expired' : verified.error.message;
  return { outcome: { status: 'invalid', payload, aid, reason }, certificate };
}

/** Only informative for a card without usable signature: its absence changes nothing. */
async function activeCertificate(aid: string, find: CertificateLookup): Promise<Certificate | undefined> {
  try {
    const answer = await find(aid, null);
    return answer.found ? answer.certificate : undefined;
  } catch {
    return undefined;
  }
}
