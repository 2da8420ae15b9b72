import type { JsonObject } from 'aun-core';
import { createHttpClient, type HttpRequest, preAuthCall } from 'aun-transport';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../src/testing.js';
import type { Reply } from './plane.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  json(): Reply;
}

export interface TestNetwork extends TestGateway {
  /** HTTP over verified TLS to any host name of the network. */
  http(host: string, path: string, more?: Omit<HttpRequest, 'url'>): Promise<Answer>;
  /** A pre-auth call on a socket of its own, over verified TLS. */
  call(method: string, params: JsonObject): Promise<Reply>;
}

/** A gateway on real sockets, and clients that verify its TLS certificate. */
export const openNetwork = async (options: TestGatewayOptions = {}): Promise<TestNetwork> => {
  const gateway = await startTestGateway(options);
  const tls = { verify: true, caPem: gateway.rootCaPem };
  const client = createHttpClient({ tls });
  const http: TestNetwork['http'] = async (host, path, more = {}) => {
    const url = `https://${host}:${gateway.httpsPort}${path}`;
    const { status, headers, body } = await client.request({ ...more, url });
    const text = Buffer.from(body).toString('utf8');
    return { status, headers, text, json: () => JSON.parse(text) as Reply };
  };
  const call: TestNetwork['call'] = (method, params) =>
    preAuthCall(gateway.gatewayUrl, method, params, { tls });
  return Object.assign(gateway, { http, call });
};
