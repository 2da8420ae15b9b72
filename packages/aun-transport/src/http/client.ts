/// <reference path="../platform.d.ts" />

import { type Clock, systemClock, TimeoutError, ValidationError } from 'aun-core';
import { createPlatformHttp } from '#http';
import type { NetworkOptions } from '../net/options.js';
import { networkError } from './errors.js';
import { redirectTarget } from './redirect.js';
import type { HttpBackend, HttpClient, HttpExchange, HttpRequest, HttpResponse } from './types.js';

export interface HttpClientOptions extends NetworkOptions {
  readonly clock?: Clock;
  /** Replaces the platform's HTTP; tests and unusual platforms. */
  readonly backend?: HttpBackend;
}

const defaultTimeoutMs = 30_000;
const defaultMaxBytes = 4 * 1024 * 1024;

/**
 * HTTP as this stack needs it: small bodies, hard limits, typed errors. In Node names under `.localhost` are loopback
 * and `tls.caPem` adds to the system's roots.
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const clock = options.clock ?? systemClock;
  const backend = options.backend ?? createPlatformHttp(options);
  return {
    request: (request) => requestWithin(clock, backend, request),
    close: () => backend.close(),
  };
}

async function requestWithin(
  clock: Clock,
  backend: HttpBackend,
  request: HttpRequest,
): Promise<HttpResponse> {
  const url = parseUrl(request.url);
  const method = (request.method ?? 'GET').toUpperCase();
  const what = `${method} ${url.origin}${url.pathname}`;
  request.signal?.throwIfAborted();

  const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
  const controller = new AbortController();
  const onAbort = () => controller.abort(request.signal?.reason);
  const onTimeout = () => controller.abort(new TimeoutError(`${what} did not answer within ${timeoutMs} ms`));
  request.signal?.addEventListener('abort', onAbort, { once: true });
  const timer = clock.setTimeout(onTimeout, timeoutMs);
  try {
    return await follow(backend, {
      method,
      url,
      headers: request.headers ?? {},
      body: encodeBody(request.body),
      maxBytes: request.maxBytes ?? defaultMaxBytes,
      signal: controller.signal,
      redirects: request.redirects ?? 0,
    });
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason;
    throw networkError(what, error);
  } finally {
    clock.clearTimeout(timer);
    request.signal?.removeEventListener('abort', onAbort);
  }
}

type Journey = Omit<HttpExchange, 'followRedirects'> & { readonly redirects: number };

async function follow(backend: HttpBackend, journey: Journey): Promise<HttpResponse> {
  const repeatable = journey.method === 'GET' || journey.method === 'HEAD';
  const redirects = repeatable ? journey.redirects : 0;
  let { url, headers } = journey;
  for (let left = redirects; ; left -= 1) {
    const response = await backend.exchange({ ...journey, url, headers, followRedirects: redirects > 0 });
    const next = left > 0 ? redirectTarget(response, url) : undefined;
    if (next === undefined) return response;
    headers = next.origin === url.origin ? headers : withoutCredentials(headers);
    url = next;
  }
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !/^(authorization|cookie)$/i.test(name));
  return Object.fromEntries(kept);
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new ValidationError(`url: must be an absolute http or https URL, not "${text.slice(0, 200)}"`, {
    data: { field: 'url' },
  });
}

function encodeBody(body: HttpRequest['body']): Uint8Array | undefined {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}
