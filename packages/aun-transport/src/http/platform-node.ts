import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { errorCode } from '../net/error-code.js';
import { addressAttemptMs, createNodeLookup, rememberHost } from '../net/node-lookup.js';
import { nodeTlsOptions } from '../net/node-tls.js';
import type { NetworkOptions } from '../net/options.js';
import { bodyTooLarge } from './errors.js';
import type { HttpBackend, HttpExchange, HttpResponse } from './types.js';

/** HTTP over `node:http` and `node:https` with connections kept alive per client. */
export function createPlatformHttp(options: NetworkOptions): HttpBackend {
  const common = {
    keepAlive: true,
    maxFreeSockets: 4,
    lookup: createNodeLookup(options),
    autoSelectFamilyAttemptTimeout: addressAttemptMs,
  };
  const plain = new HttpAgent(common);
  const secure = new HttpsAgent({ ...common, ...nodeTlsOptions(options.tls) });

  const once = (exchange: HttpExchange) =>
    new Promise<{ response: IncomingMessage } | { error: Error; staleSocket: boolean }>((resolve) => {
      const { url, method, headers, signal, body } = exchange;
      const settings = { method, headers, signal };
      const request =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...settings, agent: secure })
          : httpRequest(url, { ...settings, agent: plain });
      request.once('response', (response) => resolve({ response }));
      request.on('error', (error) =>
        resolve({ error, staleSocket: request.reusedSocket && errorCode(error) === 'ECONNRESET' }),
      );
      request.end(body);
    });

  return {
    async exchange(exchange) {
      let outcome = await once(exchange);
      const repeatable = exchange.method === 'GET' || exchange.method === 'HEAD';
      // The server closed a kept connection just as it was taken for this request: not a failure of the request.
      if ('error' in outcome && outcome.staleSocket && repeatable) outcome = await once(exchange);
      if ('error' in outcome) throw outcome.error;
      rememberHost(options.dnsFallback, exchange.url.hostname, outcome.response.socket);
      return read(outcome.response, exchange);
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

async function read(response: IncomingMessage, { url, maxBytes }: HttpExchange): Promise<HttpResponse> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop destroys the response, and with it the connection.
    if (size > maxBytes) throw bodyTooLarge(url, maxBytes);
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    headers: joinHeaders(response.headers),
    body: new Uint8Array(Buffer.concat(chunks)),
    url: url.href,
  };
}

function joinHeaders(headers: IncomingMessage['headers']): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
