import type { UploadAgentMdResult } from 'aun-agentmd';
import { ErrorCodes, type KeyStore, type Result, resultErr } from 'aun-core';
import { type AnyAid, aidParts } from '../aid.js';
import type { Environment } from '../environment.js';
import { openServices } from '../services.js';
import { openTokenChain } from '../session/open-token-chain.js';
import { failureOf } from './failures.js';

/** Signs the card of a local identity, gets a token without a session, publishes (07 §3.9). */
export const uploadAgentMd = async (
  aid: AnyAid,
  content: string | undefined,
  environment: Environment,
  keys: KeyStore,
): Promise<Result<UploadAgentMdResult>> => {
  const { privateKey, certificate } = aidParts(aid);
  if (privateKey === null || !aid.isPrivateKeyValid()) {
    return resultErr(ErrorCodes.PRIVATE_KEY_NOT_VALID, `${aid.aid} has no valid private key here`);
  }
  const services = openServices(environment, keys, { aid: aid.aid, certificate });
  try {
    const who = { aid: aid.aid, certificate, privateKey };
    const chain = openTokenChain(who, environment, keys, services, environment.slotId);
    const publish = async (accessToken: string) =>
      services.cards.upload(aid.aid, { content, signer: { certificate, privateKey }, accessToken });
    const first = await chain.obtain();
    const outcome = await publish(first.tokens.accessToken);
    if (!isRefusedToken(outcome) || first.source === 'login') return outcome;
    return await publish((await chain.obtain(first.tokens.accessToken)).tokens.accessToken);
  } catch (error) {
    return failureOf(error);
  } finally {
    await services.cards.close();
  }
};

const HTTP_UNAUTHORIZED = 401;

/** A cached token may have been revoked on the server; a fresh one is worth one more try. */
const isRefusedToken = (outcome: Result<UploadAgentMdResult>): boolean => {
  if (outcome.ok) return false;
  const cause = outcome.error.cause;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === HTTP_UNAUTHORIZED;
};
