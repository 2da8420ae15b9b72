import type { FederationPort } from '../../../federation/port.js';
import type { TokenBuckets } from '../../../limits/token-bucket.js';
import { hasSession, type RpcMethod, type RpcReply, type SessionCallContext } from '../../../rpc/method.js';
import type { MessageDeps } from '../deps.js';
import { foreignBootstrap } from './foreign-bootstrap.js';
import { foreignQueryOnline } from './foreign-query-online.js';
import { foreignRecall } from './foreign-recall.js';
import { foreignSend } from './foreign-send.js';
import { foreignThoughtGet, foreignThoughtPut } from './foreign-thoughts.js';

export interface ForeignDeps {
  readonly messages: MessageDeps;
  readonly port: FederationPort;
  readonly sendRate: TokenBuckets;
}

/** Serves a call that may concern another domain; `local` is the method as it is without federation. */
export type ForeignHandler = (
  params: unknown,
  ctx: SessionCallContext,
  local: (params?: unknown) => RpcReply | Promise<RpcReply>,
) => RpcReply | Promise<RpcReply>;

/** The message methods that know other domains (02 §20.2, 04 §18). What a peer relays to us stays here. */
export const federateMethods = (methods: readonly RpcMethod[], deps: ForeignDeps): RpcMethod[] => {
  const handlers = new Map<string, ForeignHandler>([
    ['message.send', foreignSend(deps)],
    ['message.v2.bootstrap', foreignBootstrap(deps)],
    ['message.recall', foreignRecall(deps)],
    ['message.query_online', foreignQueryOnline(deps)],
    ['message.thought.put', foreignThoughtPut(deps)],
    ['message.thought.get', foreignThoughtGet(deps)],
  ]);
  return methods.map((method) => {
    const handler = handlers.get(method.name);
    if (handler === undefined) return method;
    return {
      ...method,
      handle(params, ctx) {
        if (!hasSession(ctx) || ctx.session.federation !== undefined) return method.handle(params, ctx);
        return handler(params, ctx, (given = params) => method.handle(given, ctx));
      },
    };
  });
};
