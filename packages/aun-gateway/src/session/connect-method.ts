import { type Aid, CloseCode, RpcCode, slotIsolationKey } from 'aun-core';
import { z } from 'zod';
import type { TokenVerifier } from '../ports.js';
import { type CallContext, defineMethod, RpcFailure, type RpcMethod } from '../rpc/method.js';
import { type ConnectParams, connectSchema, readConnectParams } from './connect-params.js';
import { KICK_FLUSH_MS } from './kick.js';
import type { SessionInfo } from './session-info.js';
import type { Sessions } from './sessions.js';

export interface ConnectDeps {
  readonly sessions: Sessions;
  readonly tokens: TokenVerifier;
  /** Makes the device known before the answer leaves: senders may address it at once (04 §3). */
  readonly registerDevice: (info: SessionInfo) => Promise<void>;
  /** Whom to tell when messages wait for the AID (04 §19). */
  readonly registerPush: (aid: string, push: NonNullable<ConnectParams['push']>) => Promise<void>;
  /** Seconds to wait when the AID connects too often; 0 = admitted. */
  readonly admitConnect: (aid: string) => number;
  readonly version: string;
  readonly heartbeatIntervalSeconds: number;
  readonly defaultShortTtlMs: number;
  readonly maxMessageSize: number;
}

/** Codes after which the socket is closed too; every other failure leaves it open with its nonce (02 §4.4). */
const closing: ReadonlyMap<number, { code: number; reason: string }> = new Map([
  [RpcCode.protocolMismatch, { code: CloseCode.authFailed, reason: 'protocol mismatch' }],
  [
    RpcCode.shortConnectionCapacityExceeded,
    { code: CloseCode.shortCapacityExceeded, reason: 'short_connection_capacity_exceeded' },
  ],
]);

export function authMethods(deps: ConnectDeps): RpcMethod[] {
  const { sessions, tokens } = deps;

  const judgeToken = async (params: ConnectParams, ctx: CallContext) => {
    const verdict = await tokens.verifyAccessToken(params.token, ctx.now());
    if (!verdict.ok) throw new RpcFailure(RpcCode.authFailed, `auth_failed: ${verdict.reason}`);
    const retryAfter = deps.admitConnect(verdict.identity.aid);
    if (retryAfter > 0) {
      throw new RpcFailure(4290, `rate_limited: too many connections, retry in ${retryAfter} s`, {
        retry_after: retryAfter,
      });
    }
    return verdict.identity;
  };

  const connect = async (ctx: CallContext) => {
    if (ctx.session !== null) {
      throw new RpcFailure(
        RpcCode.invalidRequest,
        'invalid_request: this connection is authenticated already',
      );
    }
    const params = readConnectParams(ctx.rawParams);
    if (params.nonce !== ctx.connection.nonce) {
      throw new RpcFailure(RpcCode.invalidNonce, 'invalid_nonce: the nonce is not the one of this socket');
    }
    const identity = await judgeToken(params, ctx);
    const now = ctx.now();
    const info: SessionInfo = {
      connectionId: ctx.connection.id,
      aid: identity.aid as Aid,
      role: 'aid',
      deviceId: params.deviceId,
      slotId: params.slotId,
      slotKey: slotIsolationKey(params.slotId),
      kind: params.kind,
      shortTtlMs: params.shortTtlMs ?? deps.defaultShortTtlMs,
      deliveryMode: params.deliveryMode,
      extraInfo: params.extraInfo,
      sdkLang: params.sdkLang,
      sdkVersion: params.sdkVersion,
      connectedAt: now,
      remoteAddress: ctx.remoteAddress,
      tokenId: identity.tokenId,
    };
    // A refused connection leaves no device behind that senders would have to cover (04 §3).
    sessions.judge(info);
    await deps.registerDevice(info);
    if (params.push !== null) await deps.registerPush(info.aid, params.push);
    if (sessions.index.byConnection(info.connectionId)) {
      throw new RpcFailure(
        RpcCode.invalidRequest,
        'invalid_request: this connection is authenticated already',
      );
    }
    const session = sessions.admit(info);
    ctx.afterReply(() => sessions.activate(session));
    return {
      status: 'ok',
      protocol: '1.0',
      server_time: Math.floor(now / 1000),
      authenticated: true,
      identity: { module_id: info.connectionId, role: 'aid', aid: info.aid },
      connection: { id: info.connectionId, device_id: info.deviceId, slot_id: info.slotId, kind: info.kind },
      bridgeInfo: { name: 'aun-gateway', version: deps.version },
      capabilities: {
        namespaces: ['auth', 'meta', 'message', 'push'],
        features: { e2ee: true, binary_message: false, max_message_size: deps.maxMessageSize },
      },
      trust_level: 'aid',
      heartbeat_interval: deps.heartbeatIntervalSeconds,
    };
  };

  const closeAfter = (failure: RpcFailure, ctx: CallContext): void => {
    const close = closing.get(failure.code);
    const port = sessions.portOf(ctx.connection.id);
    if (!close || !port) return;
    ctx.afterReply(() => port.closeAfter(close.code, close.reason, KICK_FLUSH_MS));
  };

  return [
    defineMethod({
      name: 'auth.connect',
      session: false,
      params: connectSchema,
      async handler(_params, ctx) {
        try {
          return await connect(ctx);
        } catch (error) {
          if (error instanceof RpcFailure) closeAfter(error, ctx);
          throw error;
        }
      },
    }),
    // The public browser SDK sends it on every close and ignores the answer; tokens stay valid (02 §5).
    defineMethod({
      name: 'auth.logout',
      session: true,
      params: z.object({}),
      handler: () => ({ success: true }),
    }),
  ];
}
