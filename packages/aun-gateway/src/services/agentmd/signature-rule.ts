import { parseAgentMd, verifyAgentMd } from 'aun-agentmd';
import { type Clock, type Result, resultErr, resultOk } from 'aun-core';
import type { Directory } from '../identity/directory.js';

/** The option `agentMd.requireSigned`: only documents with a valid signature of their owner are taken (09 §6.2). */
export const requireSignature =
  (directory: Directory, clock: Clock) =>
  (content: Uint8Array, aid: string): Result<undefined> => {
    const fingerprint = parseAgentMd(content).fields?.cert_fingerprint;
    const row = fingerprint === undefined ? undefined : directory.publishedByFingerprint(aid, fingerprint);
    if (row === undefined) return resultErr('unsigned', 'no signature of a certificate of this AID');
    const verified = verifyAgentMd(content, row.pem, aid, { now: clock.now() });
    if (!verified.ok) return resultErr(verified.error.code, verified.error.message);
    const { status, reason } = verified.data;
    return status === 'verified' ? resultOk(undefined) : resultErr(status, reason ?? status);
  };
