import type { CallOptions } from '../rpc/pipeline.js';
import type { ParamsOf, ResultOf, RpcMethod, RpcParams } from '../rpc/rpc-methods.js';

/** Calls an RPC method; the client's own `call`. */
export type FacadeCall = (method: string, params: RpcParams, options?: CallOptions) => Promise<unknown>;

/** Null and undefined members do not exist on the wire (07 §8). */
const present = (params: RpcParams): RpcParams =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined && value !== null));

const bind =
  <M extends RpcMethod>(call: FacadeCall, method: M) =>
  async (params: ParamsOf<M>, options?: CallOptions): Promise<ResultOf<M>> =>
    call(method, present(params as RpcParams), options) as Promise<ResultOf<M>>;

/** `client.message` (07 §8.1): one method per RPC, one params object each; `call` checks state and params. */
export class MessageFacade {
  readonly send;
  readonly pull;
  readonly ack;
  readonly recall;
  readonly queryOnline;
  readonly thought;

  constructor(call: FacadeCall) {
    this.send = bind(call, 'message.send');
    const pull = bind(call, 'message.pull');
    this.pull = (params: ParamsOf<'message.pull'> = {}, options?: CallOptions) => pull(params, options);
    const ack = bind(call, 'message.ack');
    this.ack = (params: ParamsOf<'message.ack'> = {}, options?: CallOptions) => ack(params, options);
    this.recall = bind(call, 'message.recall');
    this.queryOnline = bind(call, 'message.query_online');
    this.thought = {
      put: bind(call, 'message.thought.put'),
      get: bind(call, 'message.thought.get'),
    };
  }
}
