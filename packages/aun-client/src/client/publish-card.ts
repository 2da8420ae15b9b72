import type { UploadAgentMdResult } from 'aun-agentmd';
import { AuthError } from 'aun-core';
import type { IdentityRuntime } from './identity-runtime.js';
import { orThrow } from './result-errors.js';

const HTTP_UNAUTHORIZED = 401;

/** Publishes the own card with the session's token; a refused token is renewed once (07 §6.13). */
export const publishCard = async (
  runtime: IdentityRuntime,
  content: string | undefined,
  traceId?: string,
): Promise<UploadAgentMdResult> => {
  const { certificate, privateKey, cards, session, aid } = runtime;
  if (session === null) throw new AuthError('there is no session: call authenticate() first');
  const upload = (accessToken: string) =>
    cards.upload(aid.aid, { content, signer: { certificate, privateKey }, accessToken, traceId });
  const { tokens } = session;
  const { accessToken } = tokens.current ?? (await tokens.obtain()).tokens;
  const first = await upload(accessToken);
  if (first.ok || !isRefused(first.error.cause)) return orThrow(first);
  return orThrow(await upload((await tokens.obtain(accessToken)).tokens.accessToken));
};

const isRefused = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === HTTP_UNAUTHORIZED;
