import type { Clock } from 'aun-core';
import type { GatewayConfig } from '../config/schema.js';
import { RpcFailure } from '../rpc/failure.js';
import { FailureGate } from './failure-gate.js';
import { TokenBuckets } from './token-bucket.js';

/** The limits of 01 §18, one set per gateway. */
export interface IdentityLimits {
  readonly createAid: TokenBuckets;
  readonly loginAid: TokenBuckets;
  readonly loginAddress: TokenBuckets;
  readonly failedLogin: FailureGate;
  readonly refresh: TokenBuckets;
  readonly connect: TokenBuckets;
  readonly certUpkeep: TokenBuckets;
  readonly pki: TokenBuckets;
  readonly agentMdPut: TokenBuckets;
  /** New sockets, by address. */
  readonly sockets: TokenBuckets;
  /** Requests without session, by address. */
  readonly anonymous: TokenBuckets;
}

/** -32029 with `data.retry_after` in seconds (01 §18). */
export const rateLimited = (retryAfter: number): RpcFailure =>
  new RpcFailure(-32029, 'rate limited', { retry_after: retryAfter });

/** Takes a token or refuses the call. */
export const enforce = (buckets: TokenBuckets, key: string): void => {
  const wait = buckets.take(key);
  if (wait > 0) throw rateLimited(wait);
};

export const createIdentityLimits = (config: GatewayConfig['rateLimits'], clock: Clock): IdentityLimits => {
  const { scale } = config;
  const buckets = (perSecond: number, burst: number) =>
    new TokenBuckets({ perSecond: perSecond * scale, burst: Math.max(1, Math.ceil(burst * scale)) }, clock);
  const perMinute = (count: number, burst = count) => buckets(count / 60, burst);
  return {
    createAid: perMinute(config.createAidPerMinute, config.createAidBurst),
    loginAid: perMinute(config.loginPerAidPerMinute),
    loginAddress: perMinute(config.loginPerIpPerMinute),
    failedLogin: new FailureGate(
      {
        failures: Math.ceil(config.failedLogins * scale),
        windowMs: 300_000,
        pauseMs: config.failedLoginPauseSeconds * 1000,
      },
      clock,
    ),
    refresh: perMinute(config.refreshPerFamilyPerMinute),
    connect: perMinute(config.connectPerAidPerMinute),
    certUpkeep: buckets(config.certUpkeepPerAidPerHour / 3600, config.certUpkeepPerAidPerHour),
    pki: buckets(config.pkiPerIpPerSecond, config.pkiPerIpPerSecond * 2),
    agentMdPut: perMinute(config.agentMdPutPerAidPerMinute),
    sockets: buckets(config.socketsPerIpPerSecond, config.socketsPerIpPerSecond * 10),
    anonymous: buckets(config.preAuthPerIpPerSecond, config.preAuthPerIpPerSecond * 10),
  };
};
