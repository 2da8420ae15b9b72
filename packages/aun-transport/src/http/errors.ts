import { NetworkError } from 'aun-core';
import { errorCode, errorMessage } from '../net/error-code.js';

const transientCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  'ENOTFOUND',
  // What Node's fetch calls the same things.
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** True for a network error that may pass by itself within a moment (02 §1.3). */
export function isTransientNetworkFailure(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== undefined) return transientCodes.has(code);
  if (error instanceof Error && /socket hang up/i.test(error.message)) return true;
  // Browsers report every failed fetch as a TypeError without a code.
  return error instanceof TypeError;
}

/** Wraps what a platform threw; `retryable` says whether the failure is transient. */
export function networkError(what: string, cause: unknown): NetworkError {
  if (cause instanceof NetworkError) return cause;
  return new NetworkError(`${what} failed: ${errorMessage(cause)}`, {
    cause,
    retryable: isTransientNetworkFailure(cause),
  });
}

export function bodyTooLarge(url: URL, maxBytes: number): NetworkError {
  return new NetworkError(`the answer of ${url.origin}${url.pathname} is larger than ${maxBytes} bytes`, {
    retryable: false,
  });
}
