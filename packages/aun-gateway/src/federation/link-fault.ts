import { RpcCode } from 'aun-core';
import { RpcFailure } from '../rpc/failure.js';

/**
 * Why a peer did not answer. `unreachable`: no connection; `paused`: the circuit breaker is open; `refused`: it does
 * not accept us, or did not understand; `broken`: the connection ended before the answer; `timeout`; `overloaded`:
 * too much waits for it.
 */
export type LinkFaultKind = 'unreachable' | 'paused' | 'refused' | 'broken' | 'timeout' | 'overloaded';

export class LinkFault extends Error {
  override readonly name = 'LinkFault';
  readonly kind: LinkFaultKind;

  constructor(kind: LinkFaultKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

const codes: Readonly<Record<LinkFaultKind, { readonly code: number; readonly reason: string }>> = {
  unreachable: { code: RpcCode.federationConnectFailed, reason: 'federation_connect_failed' },
  paused: { code: RpcCode.federationConnectFailed, reason: 'federation_connect_failed' },
  broken: { code: RpcCode.federationTimeout, reason: 'federation_timeout' },
  timeout: { code: RpcCode.federationTimeout, reason: 'federation_timeout' },
  refused: { code: RpcCode.federationRefused, reason: 'federation_refused' },
  overloaded: { code: RpcCode.rateLimited, reason: 'rate limited' },
};

/** What the client of a failed relay gets (02 §20.1). */
export const failureOfFault = (fault: LinkFault, issuer: string): RpcFailure => {
  const { code, reason } = codes[fault.kind];
  const retry = fault.kind === 'overloaded' ? { retry_after: 1 } : {};
  return new RpcFailure(
    code,
    `${reason}: ${issuer}: ${fault.message}`,
    { target_issuer: issuer, ...retry },
    { cause: fault },
  );
};
