import { RpcCode } from 'aun-core';
import { rekeyProofText } from 'aun-pki';
import { z } from 'zod';
import { enforce } from '../../limits/identity-limits.js';
import { invalidParams, RpcFailure } from '../../rpc/failure.js';
import { defineMethod } from '../../rpc/method.js';
import type { CertRow } from '../../store/tables/identity.js';
import { bareFingerprint } from '../identity/cert-row.js';
import { requireUsable } from './client-certificate.js';
import type { AuthDeps } from './deps.js';
import { currentRow, matchLogin, readPhaseTwo, signatureFailed, signedByClient } from './phase-two.js';
import { requirePublicKey } from './public-key-param.js';

const phaseTwo = z.object({
  aid: z.string().min(1).max(512),
  request_id: z.string().min(1).max(128),
  nonce: z.string().min(1).max(256),
  new_public_key: z.string().min(1).max(1024),
  signature: z.string().min(1).max(512),
});

/** `auth.rekey`: the old key hands over to a new one (01 §12.2). */
export const rekey = (deps: AuthDeps) => {
  const answer = (row: CertRow) => ({
    status: 'rekeyed',
    cert: row.pem,
    ca_cert: deps.authorities.require(row.issuer).issuerPem,
  });
  return defineMethod({
    name: 'auth.rekey',
    session: false,
    params: z.looseObject({}),
    async handler(_params, ctx) {
      const { input, entry } = readPhaseTwo(deps, phaseTwo, ctx.rawParams);
      const login = matchLogin(deps, input, entry);
      enforce(deps.limits.certUpkeep, login.aid);
      const key = requirePublicKey('new_public_key', input.new_public_key);
      if (!signedByClient(deps, login, rekeyProofText(login.nonce, input.new_public_key), input.signature))
        throw signatureFailed();
      const row = currentRow(deps, login);
      const spki = bareFingerprint(key.fingerprint());
      const active = deps.store.active(login.aid);
      if (active?.spki_sha256 === spki && row.state !== 'revoked') return answer(active);
      requireUsable(deps, row);
      if (login.expired || active === undefined) {
        throw new RpcFailure(
          RpcCode.certificateInvalid,
          'certificate_invalid: renew the expired certificate first',
        );
      }
      if (deps.store.keyOwners(spki).some((owner) => owner !== login.aid)) {
        throw invalidParams('new_public_key', 'invalid new_public_key: the key belongs to another AID');
      }
      const renewed = await deps.registrar.replace(active, key, 'rekey', () =>
        deps.refreshTokens.dropAid(login.aid),
      );
      if (renewed === undefined)
        throw new RpcFailure(RpcCode.authenticationRequired, 'certificate superseded');
      deps.audit.record('rekey', 'ok', {
        aid: login.aid,
        address: ctx.remoteAddress,
        serial: renewed.serial,
      });
      return answer(renewed);
    },
  });
};
