import { type Clock, isJsonObject, issuerOf, tryParseJson } from 'aun-core';
import type { SessionCallContext } from '../../../rpc/method.js';
import { resultBudget } from '../../../session/result-budget.js';
import { normalAid } from '../aid-param.js';
import { requireAnswerable } from '../query-online.js';
import type { ForeignDeps, ForeignHandler } from './foreign-methods.js';

const CAP_MS = 3_000;

/** The value, or undefined when it is late or fails. */
const inTime = <T>(clock: Clock, work: Promise<T>): Promise<T | undefined> =>
  new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(undefined), CAP_MS, { background: true });
    work
      .catch(() => undefined)
      .then((value) => {
        clock.clearTimeout(timer);
        resolve(value);
      });
  });

/** One question per domain; a domain that is late or fails says false for all of its AIDs (04 §10). */
export const foreignQueryOnline = ({ messages, port }: ForeignDeps): ForeignHandler => {
  const ask = async (
    issuer: string,
    aids: readonly string[],
    ctx: SessionCallContext,
  ): Promise<(readonly [string, boolean])[]> => {
    const answer = await inTime(messages.clock, port.relay(issuer, ctx, JSON.stringify({ aids })));
    const parsed = answer === undefined ? undefined : tryParseJson(answer.text);
    const online = isJsonObject(parsed) && isJsonObject(parsed.online) ? parsed.online : {};
    return aids.map((aid) => [aid, online[aid] === true]);
  };

  return async (input, ctx, local) => {
    const { aids } = input as { readonly aids: readonly string[] };
    requireAnswerable(aids, resultBudget(messages.index, ctx.session));
    const foreign = new Map<string, string[]>();
    for (const aid of new Set(aids.map(normalAid))) {
      const issuer = issuerOf(aid);
      if (issuer === '' || !port.isForeign(issuer)) continue;
      const known = foreign.get(issuer);
      if (known === undefined) foreign.set(issuer, [aid]);
      else known.push(aid);
    }
    if (foreign.size === 0) return local();
    const answers = await Promise.all([...foreign].map(([issuer, theirs]) => ask(issuer, theirs, ctx)));
    const elsewhere = new Map(answers.flat());
    const isOnline = (aid: string): boolean => elsewhere.get(aid) ?? messages.index.isOnline(aid);
    return { online: Object.fromEntries(aids.map((aid) => [aid, isOnline(normalAid(aid))])) };
  };
};
