import { ClientSignatureError, type Clock, type JsonObject, type JsonValue, NotReadyError } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import { buildClientSignature, isSignedMethod } from 'aun-pki';
import type { Link, LinkCallOptions } from '../connection/link.js';
import { isNonIdempotent, NON_IDEMPOTENT_TIMEOUT_MS } from './method-tables.js';
import { jsonOf } from './validation.js';

export type Signer = {
  readonly aid: string;
  readonly privateKey: PrivateKey;
  readonly certFingerprint: string;
};

export type SignedCallOptions = LinkCallOptions & {
  /** Plain echo diagnostics travel unsigned (02 §10). */
  readonly unsigned?: boolean;
};

export type RpcCaller = (
  method: string,
  params: JsonObject,
  options?: SignedCallOptions,
) => Promise<JsonValue>;

export type SignedCallerPorts = {
  readonly link: () => Link | null;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly callTimeoutMs: () => number;
};

/** Sends calls over whatever link is open, with a client signature where the method takes one (01 §15). */
export const signedCaller =
  (ports: SignedCallerPorts): RpcCaller =>
  async (method, params, { unsigned = false, ...options } = {}) => {
    const link = ports.link();
    if (link === null) {
      throw new NotReadyError(`${method}: the client is not connected: call connect() first`, {
        retryable: false,
      });
    }
    const signed = unsigned || !isSignedMethod(method) ? params : sign(method, params, ports);
    const timeoutMs = options.timeoutMs ?? defaultTimeout(method, ports.callTimeoutMs());
    return link.call(method, signed, { ...options, timeoutMs });
  };

const sign = (method: string, params: JsonObject, { signer, clock }: SignedCallerPorts): JsonObject => {
  try {
    const signature = buildClientSignature({ method, params, ...signer, now: clock.now() });
    return { ...params, client_signature: { ...signature } };
  } catch (error) {
    jsonOf('params', params);
    throw new ClientSignatureError(`${method}: the call could not be signed`, { cause: error });
  }
};

const defaultTimeout = (method: string, callTimeoutMs: number): number =>
  isNonIdempotent(method) ? Math.max(NON_IDEMPOTENT_TIMEOUT_MS, callTimeoutMs) : callTimeoutMs;
