import { ErrorCodes, parseExactAid, type Result, resultOk } from 'aun-core';
import { type AnyAid, createAid } from '../aid.js';
import type { Environment } from '../environment.js';
import type { Services } from '../services.js';
import { withDeadline } from './deadline.js';
import { failureOf, unwrap } from './failures.js';
import type { ResolveOpts, ResolveResult } from './types.js';

const TIMEOUT_MS = 10_000;
/** Of a download (07 §3.8). Others may wait for the same card: it is the caller who gives up earlier. */
export const CARD_TIMEOUT_MS = 30_000;

export type ResolvePorts = {
  readonly environment: Environment;
  readonly services: Services;
  /** The offline load; an own identity keeps its private key. */
  readonly load: (aid: string) => Promise<Result<AnyAid>>;
};

/** Certificate and card of an AID in one step (07 §3.7). */
export const resolveAid = async (
  input: string,
  options: ResolveOpts,
  ports: ResolvePorts,
): Promise<Result<ResolveResult>> => {
  const name = parseExactAid(input);
  if (!name.ok) return name;
  const timeoutMs = options.timeout ?? TIMEOUT_MS;
  try {
    const work = resolveNamed(name.data, options, timeoutMs, ports);
    return resultOk(await withDeadline(ports.environment.clock, timeoutMs, `resolve ${name.data}`, work));
  } catch (error) {
    return failureOf(error, ErrorCodes.NETWORK_ERROR, ErrorCodes.CERT_CHAIN_BROKEN);
  }
};

const resolveNamed = async (
  name: string,
  options: ResolveOpts,
  timeoutMs: number,
  ports: ResolvePorts,
): Promise<ResolveResult> => {
  const stored = options.forceRefresh === true ? null : await ports.load(name);
  const cached = stored?.ok ? stored.data : null;
  const identity = cached ?? (await fetchIdentity(name, options, timeoutMs, ports));
  const source = { cert_from_cache: cached !== null, agent_md_fetched: options.skipAgentMd !== true };
  if (options.skipAgentMd === true) return { aid: identity, source };
  const card = unwrap(
    await ports.services.cards.download(name, { timeoutMs: Math.max(CARD_TIMEOUT_MS, timeoutMs) }),
  );
  return { aid: identity, agent_md: card, source };
};

const fetchIdentity = async (
  name: string,
  options: ResolveOpts,
  timeoutMs: number,
  ports: ResolvePorts,
): Promise<AnyAid> => {
  const { peers } = ports.services;
  const certificate = await peers.get({ aid: name, fresh: options.forceRefresh === true, timeoutMs });
  // An own identity that was refreshed keeps its key, if the key still fits.
  const own = await ports.load(name);
  if (own.ok && own.data.isPrivateKeyValid() && own.data.certFingerprint === certificate.fingerprint)
    return own.data;
  return createAid({
    aid: name,
    certificate,
    privateKey: null,
    previousKeys: [],
    environment: ports.environment,
  });
};
