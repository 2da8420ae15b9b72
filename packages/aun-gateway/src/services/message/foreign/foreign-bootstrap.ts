import { isJsonObject, issuerOf, type JsonObject, type JsonValue, RpcCode } from 'aun-core';
import { RpcFailure } from '../../../rpc/failure.js';
import { resultBudget } from '../../../session/result-budget.js';
import { bootstrapParts } from '../bootstrap.js';
import { requireAgent } from '../recipient.js';
import type { ForeignDeps, ForeignHandler } from './foreign-methods.js';

const rowsIn = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];

/** The peer's devices from its domain, the caller's own from ours, auditors of both (02 §20.2, 04 §18). */
export const foreignBootstrap = ({ messages, port }: ForeignDeps): ForeignHandler => {
  const { certsOf, fitted, rowsOf } = bootstrapParts(messages);
  return async (input, ctx, local) => {
    const { peer_aid: peer } = input as { readonly peer_aid: string };
    const issuer = issuerOf(peer);
    if (issuer === '' || !port.isForeign(issuer)) return local();
    requireAgent(peer, 'peer_aid');
    ctx.setPeer(peer);
    const answer: unknown = JSON.parse((await port.relay(issuer, ctx)).text);
    if (!isJsonObject(answer) || !isJsonObject(answer.e2ee_wrap_policy) || answer.peer_aid !== peer) {
      throw new RpcFailure(RpcCode.federationRefused, `federation_refused: ${issuer} gave no bootstrap`);
    }
    const policy = answer.e2ee_wrap_policy;
    const { auditAids } = messages.limits;
    const withPrekeys = policy.protocol !== '1DH';
    const ownAuditors = auditAids.flatMap((aid) => rowsOf(aid, withPrekeys, ctx.now()));
    const theirAuditors = rowsIn(answer.audit_recipients).filter(
      ({ aid }) => !auditAids.includes(String(aid)),
    );
    const merged = {
      ...answer,
      peer_aid: peer,
      // A row of another AID would be a device that its domain has no say about.
      peer_devices: rowsIn(answer.peer_devices).filter(({ aid }) => aid === undefined || aid === peer),
      self_devices: rowsOf(ctx.session.aid, withPrekeys, ctx.now()),
      audit_recipients: [...ownAuditors, ...theirAuditors],
      e2ee_wrap_policy: policy,
      certs: { ...(isJsonObject(answer.certs) ? answer.certs : {}), ...certsOf(auditAids) },
    };
    return fitted(merged, resultBudget(messages.index, ctx.session));
  };
};
