import { type Clock, RpcCode } from 'aun-core';
import { PublicKey } from 'aun-crypto';
import { checkClientSignatureTime, parseClientSignature, verifyClientSignature } from 'aun-pki';
import type { AidCertificate, AidDirectory, SignaturePolicy } from '../ports.js';
import { RpcFailure } from '../rpc/failure.js';
import type { RpcMethod, SessionCallContext } from '../rpc/method.js';
import type { SignatureGate } from '../rpc/router.js';

const refuse = (why: string): RpcFailure =>
  new RpcFailure(RpcCode.clientSignatureInvalid, `client signature verification failed: ${why}`, {
    field: 'client_signature',
  });

/**
 * Judges a `client_signature` that is present; an absent one is no fault (01 §15.4). Verifies over the received
 * `params_hash`; only `strict` recomputes the hash from the wire text, and does the ECDSA of pulls, acknowledgements and
 * bootstraps too: their callers proved themselves when they connected (04 §1.2). -32051, or -32050 for a revoked signer.
 */
export function createSignatureGate(deps: {
  readonly directory: AidDirectory;
  readonly policy: SignaturePolicy;
  readonly clock: Clock;
  readonly windowSeconds: number;
}): SignatureGate {
  // By certificate object, not by name: the directory gives another object (or none) once the AID has changed.
  const keys = new WeakMap<AidCertificate, PublicKey>();

  const keyOf = (aid: string, fingerprint: string): PublicKey => {
    const certificate = deps.directory.certificateByFingerprint(aid, fingerprint);
    if (!certificate) {
      if (deps.directory.isRevoked?.(aid, fingerprint) === true) {
        throw new RpcFailure(RpcCode.certificateRevoked, 'certificate has been revoked');
      }
      throw refuse('cert_fingerprint names no usable certificate of the caller');
    }
    const known = keys.get(certificate);
    if (known !== undefined) return known;
    const key = PublicKey.fromSpki(certificate.spkiDer);
    keys.set(certificate, key);
    return key;
  };

  // A relayed call comes over the connection of another gateway, which proves nothing about the agent.
  const isProven = ({ session }: SessionCallContext, { trustsConnection }: RpcMethod): boolean =>
    trustsConnection && session.federation === undefined && deps.policy !== 'strict';

  const check = (ctx: SessionCallContext, method: RpcMethod): string | null => {
    const value = ctx.rawParams.client_signature;
    if (value === undefined || value === null) return null;
    const parsed = parseClientSignature(value);
    if (!parsed.ok) throw refuse(parsed.error.message);
    const signature = parsed.data;
    if (signature.aid !== ctx.session.aid) throw refuse('aid is not the caller');
    const key = keyOf(signature.aid, signature.certFingerprint);
    // What waited for us was signed when the sender's own gateway took it.
    const now = ctx.session.federation?.acceptedAt ?? deps.clock.now();
    const { windowSeconds } = deps;
    const verdict = isProven(ctx, method)
      ? checkClientSignatureTime(signature, now, windowSeconds)
      : verifyClientSignature(signature, {
          method: ctx.method,
          publicKey: key,
          now,
          windowSeconds,
          paramsJson: deps.policy === 'strict' ? ctx.rawParamsText() : undefined,
        });
    if (!verdict.ok) throw refuse(verdict.error.message);
    return `${signature.aid}\n${ctx.method}\n${signature.paramsHash}\n${signature.signature}`;
  };

  return {
    validMs: 2 * deps.windowSeconds * 1000,
    check: deps.policy === 'off' ? () => null : check,
  };
}
