import { z } from 'zod';
import { enforce } from '../../limits/identity-limits.js';
import { defineMethod } from '../../rpc/method.js';
import type { AuthDeps } from './deps.js';
import { refreshTokenHash } from './refresh-tokens.js';
import { adoptMembers, certificateToAdopt } from './renewal.js';

/** Anything passes: a token of another server must end in a result too, or the client would keep it (01 §10). */
const params = z.object({ refresh_token: z.unknown(), aid: z.unknown() }).partial();

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

/** Unlike any AID when the client did not send text. */
const claimedAid = (value: unknown): string | undefined => {
  if (isAbsent(value)) return undefined;
  return typeof value === 'string' ? value.trim().toLowerCase() : '?';
};

const invalid = 'invalid_or_expired_refresh_token';

/** Failures are results, so that clients learn `relogin_required` (01 §11.3). */
const relogin = (error: string, token: string) => ({
  success: false,
  error,
  relogin_required: true,
  retryable: false,
  diagnostic:
    token === '' ? {} : { refresh_token_hash_prefix: `sha256:${refreshTokenHash(token).slice(0, 12)}` },
});

/** `auth.refresh_token`: rotates a refresh token and issues an access token (01 §11.2, §11.3). */
export const refresh = (deps: AuthDeps) =>
  defineMethod({
    name: 'auth.refresh_token',
    session: false,
    params,
    async handler(input, ctx) {
      if (isAbsent(input.refresh_token)) return relogin('missing refresh_token', '');
      const token = typeof input.refresh_token === 'string' ? input.refresh_token : '';
      const known = token === '' ? undefined : deps.refreshTokens.usable(token);
      const claimed = claimedAid(input.aid);
      if (known === undefined || (claimed !== undefined && claimed !== '' && claimed !== known.aid)) {
        deps.audit.record('refresh', 'refused', { address: ctx.remoteAddress, reason: invalid });
        return relogin(invalid, token);
      }
      enforce(deps.limits.refresh, known.family);
      if (!deps.directory.isActive(known.aid)) return relogin(invalid, token);
      const access = await deps.accessTokens.issue(known.aid);
      const next = await deps.commit.run(() => {
        const row = deps.refreshTokens.usable(token);
        return row === undefined ? undefined : deps.refreshTokens.rotate(row);
      });
      if (next === undefined) return relogin(invalid, token);
      const adopt = await certificateToAdopt(deps, known.aid, undefined);
      deps.audit.record('refresh', 'ok', { aid: known.aid, address: ctx.remoteAddress, count: next.count });
      return {
        success: true,
        aid: known.aid,
        access_token: access.token,
        token: access.token,
        refresh_token: next.token,
        expires_in: access.expiresIn,
        refresh_count: next.count,
        relogin_required: false,
        retryable: false,
        diagnostic: { aid: known.aid, refresh_count: next.count },
        ...adoptMembers(adopt),
      };
    },
  });
