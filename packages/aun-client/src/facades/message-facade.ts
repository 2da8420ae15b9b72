import { validateAIDFormat } from 'aun-core';
import type { CallOptions } from '../rpc/pipeline.js';
import type { ParamsOf, ResultOf, RpcMethod, RpcParams } from '../rpc/rpc-methods.js';

/** Calls an RPC method; the client's own `call`. */
export type FacadeCall = (method: string, params: RpcParams, options?: CallOptions) => Promise<unknown>;

/** Null and undefined members do not exist on the wire (07 §8). */
const present = (params: RpcParams): RpcParams =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined && value !== null));

const withAid = (params: RpcParams, field: string): RpcParams =>
  params[field] === undefined ? params : { ...params, [field]: validateAIDFormat(params[field], field) };

const bind =
  <M extends RpcMethod>(call: FacadeCall, method: M, aidField?: string) =>
  async (params: ParamsOf<M>, options?: CallOptions): Promise<ResultOf<M>> => {
    const kept = present(params as RpcParams);
    const checked = aidField === undefined ? kept : withAid(kept, aidField);
    return call(method, checked, options) as Promise<ResultOf<M>>;
  };

/** `client.message` (07 §8.1): one method per RPC, one params object each. */
export class MessageFacade {
  readonly send;
  readonly pull;
  readonly ack;
  readonly recall;
  readonly queryOnline;
  readonly thought;

  constructor(call: FacadeCall) {
    this.send = bind(call, 'message.send', 'to');
    const pull = bind(call, 'message.pull');
    this.pull = (params: ParamsOf<'message.pull'> = {}, options?: CallOptions) => pull(params, options);
    this.ack = bind(call, 'message.ack');
    this.recall = bind(call, 'message.recall');
    this.queryOnline = bind(call, 'message.query_online');
    this.thought = {
      put: bind(call, 'message.thought.put', 'to'),
      get: bind(call, 'message.thought.get', 'sender_aid'),
    };
  }
}
