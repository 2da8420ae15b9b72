import { issuerOf } from 'aun-core';
import { hexEncode } from 'aun-crypto';
import { signServerProof } from 'aun-pki';
import { z } from 'zod';
import { enforce } from '../../limits/identity-limits.js';
import { defineMethod } from '../../rpc/method.js';
import { requireClientCertificate } from './client-certificate.js';
import type { AuthDeps } from './deps.js';
import { requireAid } from './registrable-aid.js';
import { retryableLogin } from './store-trouble.js';

const params = z.object({
  aid: z.string().min(1).max(512),
  cert: z.string().min(1).max(16_384),
  client_nonce: z.string().min(1).max(256),
});

/** `auth.aid_login1`: the server proves itself and hands out a nonce (01 §9.1). */
export const login1 = (deps: AuthDeps) =>
  defineMethod({
    name: 'auth.aid_login1',
    aliases: ['auth.login1'],
    session: false,
    params,
    handler: (input, ctx) =>
      retryableLogin('aid_login1_failed', () => {
        enforce(deps.limits.loginAddress, ctx.remoteAddress);
        const aid = requireAid(input.aid);
        enforce(deps.limits.loginAid, aid);
        const cert = requireClientCertificate(deps, aid, input.cert);
        const signer = deps.authorities.require(issuerOf(aid)).auth;
        const now = deps.clock.now();
        const requestId = `req-${hexEncode(deps.random(16))}`;
        const nonce = hexEncode(deps.random(16));
        deps.pending.add({
          requestId,
          aid,
          nonce,
          cert,
          expired: now / 1000 > cert.not_after,
          createdAt: now,
        });
        return {
          request_id: requestId,
          nonce,
          server_time: Math.floor(now / 1000),
          client_nonce_signature: signServerProof(input.client_nonce, signer.key),
          auth_cert: signer.cert.pem,
          auth_curve: signer.cert.publicKey.curve,
        };
      }),
  });
