import type { AuthDeps } from './deps.js';
import type { IssuedRefreshToken } from './refresh-tokens.js';

/** The token members of a login result (01 §9.2). */
export const issueTokens = async (deps: AuthDeps, aid: string) => {
  const access = await deps.accessTokens.issue(aid);
  const refresh: IssuedRefreshToken = await deps.commit.run(() => deps.refreshTokens.start(aid));
  return {
    access_token: access.token,
    token: access.token,
    refresh_token: refresh.token,
    expires_in: access.expiresIn,
  };
};
