import {
  type Clock,
  GatewayUnreachableError,
  NetworkError,
  sleep,
  systemClock,
  TimeoutError,
} from 'aun-core';
import { responseText } from '../http/body.js';
import type { HttpClient } from '../http/types.js';
import { errorMessage } from '../net/error-code.js';
import { discoveryUrls } from '../url/aid-url.js';
import { type GatewayEntry, parseDiscoveryDocument } from './document.js';

export interface DiscoveryOptions {
  readonly http: HttpClient;
  /** Only decides which place is asked first. Default true. */
  readonly verifySsl?: boolean;
  /** Port in place of 443. */
  readonly port?: number | null;
  /** Per request. Default 5,000 ms. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/** Sleeps between the attempts at one URL (02 §1.3). */
const retryDelaysMs: readonly number[] = [50, 100];
const maxDocumentBytes = 256 * 1024;

/**
 * All gateways of an AID's issuer, best first. Asks the two places of 02 §1.2 in order and takes the first usable
 * document; only transient network errors are tried again.
 *
 * @throws {ValidationError} for an AID without an issuer
 * @throws {GatewayUnreachableError} when no place has a usable document; `cause` is an AggregateError with one error per place
 */
export async function discoverGateways(
  aid: string,
  options: DiscoveryOptions,
): Promise<readonly GatewayEntry[]> {
  const errors: unknown[] = [];
  for (const url of discoveryUrls(aid, options)) {
    try {
      return await fetchDocument(url, options);
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      errors.push(error);
    }
  }
  const reasons = errors.map(errorMessage).join('; ');
  throw new GatewayUnreachableError(`gateway discovery failed for ${aid}: ${reasons}`, {
    cause: new AggregateError(errors, reasons),
  });
}

async function fetchDocument(url: string, options: DiscoveryOptions): Promise<readonly GatewayEntry[]> {
  const { http, signal, timeoutMs = 5_000, clock = systemClock } = options;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const response = await http.request({
        url,
        timeoutMs,
        maxBytes: maxDocumentBytes,
        ...(signal === undefined ? {} : { signal }),
      });
      if (response.status !== 200) {
        throw new NetworkError(`${url} answered with HTTP ${response.status}`, {
          retryable: false,
          data: { status: response.status },
        });
      }
      return parseDiscoveryDocument(responseText(response));
    } catch (error) {
      const delay = retryDelaysMs[attempt];
      if (delay === undefined || !isTransient(error) || signal?.aborted) throw error;
      await sleep(clock, delay, signal);
    }
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof TimeoutError || (error instanceof NetworkError && error.retryable);
}
