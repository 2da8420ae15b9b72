import { NetworkError } from 'aun-core';
import type { NetworkOptions } from '../net/options.js';
import { bodyTooLarge } from './errors.js';
import type { HttpBackend, HttpExchange, HttpResponse } from './types.js';

/** HTTP over the platform's fetch. TLS and name resolution are the platform's. */
export function createPlatformHttp(_options: NetworkOptions): HttpBackend {
  return { exchange, close() {} };
}

async function exchange(request: HttpExchange): Promise<HttpResponse> {
  const response = await fetch(request.url, {
    method: request.method,
    headers: request.headers,
    // A copy: fetch takes bytes only over a buffer that is not shared.
    ...(request.body === undefined ? {} : { body: new Uint8Array(request.body) }),
    redirect: request.followRedirects ? 'follow' : 'manual',
    credentials: 'omit',
    signal: request.signal,
  });
  if (response.type === 'opaqueredirect') {
    throw new NetworkError(`${request.url.origin} answered with a redirect, which is not followed`, {
      retryable: false,
    });
  }
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await read(response, request),
    url: response.url === '' ? request.url.href : response.url,
  };
}

async function read(response: Response, { url, maxBytes }: HttpExchange): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw bodyTooLarge(url, maxBytes);
    }
    chunks.push(part.value);
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}
