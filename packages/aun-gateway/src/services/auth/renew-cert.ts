import { RpcCode } from 'aun-core';
import { renewProofText } from 'aun-pki';
import { z } from 'zod';
import { enforce } from '../../limits/identity-limits.js';
import { RpcFailure } from '../../rpc/failure.js';
import { defineMethod } from '../../rpc/method.js';
import { requireUsable } from './client-certificate.js';
import type { AuthDeps } from './deps.js';
import { currentRow, matchLogin, readPhaseTwo, signatureFailed, signedByClient } from './phase-two.js';
import { renew } from './renewal.js';

const phaseTwo = z.object({
  aid: z.string().min(1).max(512),
  request_id: z.string().min(1).max(128),
  nonce: z.string().min(1).max(256),
  signature: z.string().min(1).max(512),
});

/** `auth.renew_cert`: a new certificate for the same key, also up to 90 days after expiry (01 §12.1). */
export const renewCert = (deps: AuthDeps) =>
  defineMethod({
    name: 'auth.renew_cert',
    session: false,
    params: z.looseObject({}),
    async handler(_params, ctx) {
      const { input, entry } = readPhaseTwo(deps, phaseTwo, ctx.rawParams);
      const login = matchLogin(deps, input, entry);
      enforce(deps.limits.certUpkeep, login.aid);
      const row = currentRow(deps, login);
      if (row.state === 'revoked')
        throw new RpcFailure(RpcCode.certificateRevoked, 'certificate has been revoked');
      requireUsable(deps, row);
      if (!signedByClient(deps, login, renewProofText(login.nonce), input.signature)) throw signatureFailed();
      const graceEnd = row.not_after + deps.config.ca.renewGraceDays * 86_400;
      if (deps.clock.now() / 1000 > graceEnd) {
        throw new RpcFailure(RpcCode.certificateInvalid, 'renewal grace period exceeded');
      }
      const active = deps.store.active(login.aid);
      if (active === undefined) {
        throw new RpcFailure(
          RpcCode.certificateInvalid,
          'certificate_invalid: no active certificate to renew',
        );
      }
      const renewed = await renew(deps, active);
      deps.audit.record('renew_cert', 'ok', {
        aid: login.aid,
        address: ctx.remoteAddress,
        serial: renewed.serial,
      });
      return {
        status: 'renewed',
        cert: renewed.pem,
        ca_cert: deps.authorities.require(renewed.issuer).issuerPem,
      };
    },
  });
