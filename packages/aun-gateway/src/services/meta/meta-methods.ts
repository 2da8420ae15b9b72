import { z } from 'zod';
import { defineMethod, type RpcMethod } from '../../rpc/method.js';

/** `meta.ping` and `meta.status` (02 §19.2). Pongs carry no `heartbeat_interval`: it would start one (02 §14). */
export const metaMethods: readonly RpcMethod[] = [
  defineMethod({
    name: 'meta.ping',
    session: false,
    params: z.looseObject({}),
    handler: (_params, ctx) => ({ pong: true, timestamp: Math.floor(ctx.now() / 1000) }),
  }),
  defineMethod({
    name: 'meta.status',
    session: true,
    params: z.looseObject({}),
    handler: (_params, { session }) => ({
      mode: 'gateway',
      aid: session.aid,
      role: session.role,
      connected_at: session.connectedAt,
      protocol_version: '1.0',
    }),
  }),
];
