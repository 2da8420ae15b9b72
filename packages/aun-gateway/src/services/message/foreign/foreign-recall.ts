import { isJsonObject, issuerOf, type JsonObject, type JsonValue, tryParseJson } from 'aun-core';
import type { RpcReply, SessionCallContext } from '../../../rpc/method.js';
import { jsonText } from '../../../rpc/raw-json.js';
import { resultBudget } from '../../../session/result-budget.js';
import { isMessageId } from '../message-id.js';
import { requireErrorsFit } from '../recall.js';
import type { ForeignDeps, ForeignHandler } from './foreign-methods.js';

interface Verdicts {
  /** Why not, by id; ids that are missing were recalled. */
  readonly errors: ReadonlyMap<string, string>;
}

const verdictsOf = (reply: unknown): Verdicts => {
  const rows: JsonValue = isJsonObject(reply) ? (reply.errors ?? []) : [];
  const errors = (Array.isArray(rows) ? rows : []).filter(isJsonObject);
  return { errors: new Map(errors.map((row) => [String(row.message_id), String(row.error)])) };
};

/** What both verdicts come to: recalled anywhere counts; a copy of ours that never existed does not. */
const rankOf = (error: string | undefined): number =>
  error === undefined
    ? 4
    : error === 'not_found'
      ? 0
      : error === 'not_sender'
        ? 1
        : error === 'expired'
          ? 2
          : 3;

/** `message.recall`: in the domains of the recipients, in ours for the copies, and in the outbox (04 §9, §18). */
export const foreignRecall = ({ messages, port }: ForeignDeps): ForeignHandler => {
  /** Ids by the domain that has them; those that were still here are taken back instead. */
  const split = async (ids: readonly string[], sender: string) => {
    const cancelled = new Set<string>();
    const byIssuer = new Map<string, Set<string>>();
    for (const id of ids.filter(isMessageId)) {
      for (const to of port.recipientsOf(sender, id)) {
        if (await port.cancel(sender, id, to)) {
          cancelled.add(id);
          continue;
        }
        const issuer = issuerOf(to);
        byIssuer.set(issuer, (byIssuer.get(issuer) ?? new Set()).add(id));
      }
    }
    return { cancelled, byIssuer };
  };

  const ask = async (issuer: string, ids: ReadonlySet<string>, ctx: SessionCallContext): Promise<Verdicts> =>
    verdictsOf(tryParseJson((await port.relay(issuer, ctx, JSON.stringify({ message_ids: [...ids] }))).text));

  return async (input, ctx, local) => {
    const { message_ids: ids } = input as { readonly message_ids: readonly string[] };
    requireErrorsFit(ids, resultBudget(messages.index, ctx.session));
    const { byIssuer, cancelled } = await split([...new Set(ids)], ctx.session.aid);
    if (byIssuer.size === 0 && cancelled.size === 0) return local();
    const answers = new Map<string, Verdicts>();
    await Promise.all(
      [...byIssuer].map(async ([issuer, theirs]) => answers.set(issuer, await ask(issuer, theirs, ctx))),
    );
    const here = verdictsOf(parsed(await local()));
    const errors: JsonObject[] = [];
    for (const id of new Set(ids)) {
      const verdicts = [
        here.errors.get(id),
        ...[...byIssuer].flatMap(([issuer, theirs]) =>
          theirs.has(id) ? [answers.get(issuer)?.errors.get(id)] : [],
        ),
        ...(cancelled.has(id) ? [undefined] : []),
      ];
      const best = verdicts.reduce((a, b) => (rankOf(b) > rankOf(a) ? b : a), 'not_found');
      if (best !== undefined) errors.push({ message_id: id, error: best });
    }
    const [only] = byIssuer.keys();
    return {
      success: true,
      accepted: ids.length,
      recalled: new Set(ids).size - errors.length,
      errors: errors.length === 0 ? null : errors,
      ...(byIssuer.size === 1 && only !== undefined ? { cross_domain: true, target_issuer: only } : {}),
    };
  };
};

const parsed = (reply: RpcReply): JsonValue | undefined => tryParseJson(jsonText(reply));
