import { RpcCode } from 'aun-core';
import { z } from 'zod';
import { enforce } from '../../limits/identity-limits.js';
import { invalidParams, RpcFailure } from '../../rpc/failure.js';
import { defineMethod } from '../../rpc/method.js';
import type { AuthDeps } from './deps.js';
import { requirePublicKey } from './public-key-param.js';
import { requireRegistrable } from './registrable-aid.js';

const params = z.object({
  aid: z.string().min(1).max(512),
  public_key: z.string().min(1).max(1024),
  curve: z.string().max(32).optional(),
});

const mayRegister = ({ config }: AuthDeps, aid: string): boolean =>
  config.registration === 'open' || (config.registration === 'allowlist' && config.allowlist.includes(aid));

/** `auth.create_aid`: first come, first served (01 §8.1). */
export const createAid = (deps: AuthDeps) =>
  defineMethod({
    name: 'auth.create_aid',
    session: false,
    params,
    async handler(input, ctx) {
      enforce(deps.limits.createAid, ctx.remoteAddress);
      const aid = requireRegistrable(input.aid, (issuer) => deps.authorities.serves(issuer));
      if (input.curve !== undefined && input.curve !== 'P-256') {
        throw invalidParams('curve', 'invalid curve: only P-256 is supported');
      }
      const key = requirePublicKey('public_key', input.public_key);
      if (!deps.directory.exists(aid) && !mayRegister(deps, aid)) {
        deps.audit.record('create_aid', 'refused', { aid, address: ctx.remoteAddress, reason: 'policy' });
        throw new RpcFailure(RpcCode.permissionDenied, 'registration not allowed');
      }
      const enrolment = await deps.registrar.enrol(aid, key);
      if (enrolment.outcome === 'conflict') {
        deps.audit.record('create_aid', 'refused', { aid, address: ctx.remoteAddress, reason: 'taken' });
        throw new RpcFailure(RpcCode.identityConflict, `AID ${aid} already exists`);
      }
      const { outcome, row } = enrolment;
      deps.audit.record('create_aid', 'ok', { aid, address: ctx.remoteAddress, serial: row.serial, outcome });
      return {
        aid,
        cert: row.pem,
        ca_cert: deps.authorities.require(row.issuer).issuerPem,
        curve: 'P-256',
        created: outcome === 'created',
      };
    },
  });
