import { type Clock, isJsonObject, sleep, tryParseJson } from 'aun-core';
import { RpcFailure } from '../rpc/failure.js';
import { sliceMember } from '../rpc/json-slice.js';
import { LinkFault } from './link-fault.js';
import type { PeerLinks } from './peer-links.js';
import { relayErrorSchema } from './relay-frame.js';

const RETRY_DELAYS_MS: readonly number[] = [1_000, 2_000, 5_000];
const BUDGET_MS = 25_000;

export interface Direction {
  readonly fromIssuer: string;
  readonly toIssuer: string;
}

export interface RelayClient {
  /**
   * One attempt. Gives the JSON text of the foreign result.
   * @throws LinkFault when there is no answer; RpcFailure with the foreign code and `data.remote_issuer`
   */
  once(direction: Direction, relay: string): Promise<string>;
  /** The same with three further attempts under the same relay id, 25 s together (02 §20.4). */
  patiently(direction: Direction, relay: string): Promise<string>;
}

/** The result's text of one relay result. @throws RpcFailure the foreign refusal */
export const readOutcome = (text: string, issuer: string): string => {
  const outcome = tryParseJson(text);
  if (!isJsonObject(outcome)) throw new LinkFault('refused', 'its answer is malformed');
  const result = sliceMember(text, 'result');
  if (outcome.ok === true && result?.startsWith('{')) return result;
  const error = relayErrorSchema.safeParse(outcome.error);
  if (outcome.ok !== false || !error.success) throw new LinkFault('refused', 'its answer is malformed');
  const { code, data, message } = error.data;
  throw new RpcFailure(code, message, { ...data, remote_issuer: issuer });
};

export const createRelayClient = (deps: {
  readonly links: PeerLinks;
  readonly clock: Clock;
  readonly relayTimeoutMs: number;
  readonly connectTimeoutMs: number;
}): RelayClient => {
  const { clock, links } = deps;

  const attempt = async (
    { fromIssuer, toIssuer }: Direction,
    relay: string,
    leftMs: number,
  ): Promise<string> => {
    const link = links.link(fromIssuer, toIssuer);
    const usual = deps.relayTimeoutMs + (link.isOpen ? 0 : deps.connectTimeoutMs);
    return readOutcome(await link.request('federation.relay', relay, Math.min(usual, leftMs)), toIssuer);
  };

  return {
    once: (direction, relay) => attempt(direction, relay, BUDGET_MS),
    async patiently(direction, relay) {
      const end = clock.now() + BUDGET_MS;
      for (let tried = 0; ; tried += 1) {
        try {
          return await attempt(direction, relay, end - clock.now());
        } catch (error) {
          const delay = RETRY_DELAYS_MS[tried];
          const again =
            error instanceof LinkFault && (error.kind === 'unreachable' || error.kind === 'broken');
          const paused = links.link(direction.fromIssuer, direction.toIssuer).isPaused;
          if (!again || paused || delay === undefined || clock.now() + delay + deps.relayTimeoutMs > end)
            throw error;
          await sleep(clock, delay);
        }
      }
    },
  };
};
