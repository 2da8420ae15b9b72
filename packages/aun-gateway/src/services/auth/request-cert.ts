import { RpcCode } from 'aun-core';
import { z } from 'zod';
import { invalidParams, RpcFailure } from '../../rpc/failure.js';
import { defineMethod } from '../../rpc/method.js';
import { bareFingerprint } from '../identity/cert-row.js';
import type { AuthDeps } from './deps.js';
import { requirePublicKey } from './public-key-param.js';
import { requireAid } from './registrable-aid.js';

const params = z.object({
  aid: z.string().max(512).optional(),
  public_key: z.string().min(1).max(1024),
  curve: z.string().max(32).optional(),
});

/** `auth.request_cert`: the caller's certificate for the key it holds; other keys go through `auth.rekey` (01 §12.3). */
export const requestCert = (deps: AuthDeps) =>
  defineMethod({
    name: 'auth.request_cert',
    session: true,
    params,
    handler(input, ctx) {
      const { aid } = ctx.session;
      if (input.aid !== undefined && requireAid(input.aid) !== aid) {
        throw new RpcFailure(RpcCode.permissionDenied, 'permission_denied: aid must be the caller');
      }
      if (input.curve !== undefined && input.curve !== 'P-256') {
        throw invalidParams('curve', 'invalid curve: only P-256 is supported');
      }
      const key = requirePublicKey('public_key', input.public_key);
      const active = deps.store.active(aid);
      if (active === undefined || active.spki_sha256 !== bareFingerprint(key.fingerprint())) {
        throw new RpcFailure(RpcCode.permissionDenied, 'permission_denied: use auth.rekey for another key');
      }
      const { issuerPem } = deps.authorities.require(active.issuer);
      return { status: 'issued', aid, cert: active.pem, ca_cert: issuerPem, curve: 'P-256' };
    },
  });
