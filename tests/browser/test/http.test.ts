import type { IncomingMessage, RequestListener } from 'node:http';
import { beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../src/harness/describe-in-chromium.js';
import type { Tab } from '../src/harness/tab.js';
import type * as transport from '../src/pages/transport.js';
import { startPeer } from './network.js';

const document = {
  gateways: [
    { url: 'wss://second.example.test/aun', priority: 2 },
    { url: 'wss://last.example.test/aun' },
    { url: 'https://no-socket.example.test', priority: 0 },
    { url: 'wss://first.example.test/aun', priority: 1 },
  ],
};

/** Answers like a gateway does (02 §1.4, 09 §6.4): for every origin, with ETag readable. */
const forEveryOrigin: RequestListener = (request, response) => {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-methods', 'GET, HEAD, PUT, OPTIONS');
  response.setHeader('access-control-allow-headers', 'Authorization, Content-Type, X-AUN-Trace');
  response.setHeader('access-control-expose-headers', 'ETag');
  if (request.method === 'OPTIONS') response.writeHead(204).end();
  else if (request.url === '/redirect') response.writeHead(302, { location: '/agent.md' }).end();
  else if (request.url === '/large') response.end('x'.repeat(1000));
  else if (request.url === '/.well-known/aun-gateway') response.end(JSON.stringify(document));
  else if (request.url !== '/silence')
    void echo(request).then((text) => response.setHeader('etag', '"e-1"').end(text));
};

async function echo(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  return `${request.method} ${request.headers.authorization ?? 'nobody'} ${body}`;
}

describeInChromium('aun-transport over fetch', (stagehand) => {
  let page: Tab<typeof transport>;

  beforeAll(async () => {
    page = await stagehand.open('transport');
  });

  it('reads answers of another origin and the headers it exposes', async () => {
    await using peer = await startPeer({ onRequest: forEveryOrigin });
    const url = `http://127.0.0.1:${peer.port}/agent.md`;
    expect(await page.call('request', { url })).toEqual({
      value: { status: 200, etag: '"e-1"', text: 'GET nobody ', url },
    });
  });

  it('uploads with a token after a preflight', async () => {
    await using peer = await startPeer({ onRequest: forEveryOrigin });
    const url = `http://127.0.0.1:${peer.port}/agent.md`;
    const headers = { authorization: 'Bearer t', 'content-type': 'text/markdown' };
    expect(await page.call('request', { url, method: 'PUT', headers, body: 'größe' })).toMatchObject({
      value: { status: 200, text: 'PUT Bearer t größe' },
    });
  });

  it('fails with a NetworkError where the other origin allows nothing', async () => {
    await using peer = await startPeer({ onRequest: (_request, response) => response.end('secret') });
    expect(await page.call('request', { url: `http://127.0.0.1:${peer.port}/` })).toMatchObject({
      failure: { name: 'NetworkError' },
    });
  });

  it('follows redirects only when it is told to', async () => {
    await using peer = await startPeer({ onRequest: forEveryOrigin });
    const url = `http://127.0.0.1:${peer.port}/redirect`;
    expect(await page.call('request', { url })).toMatchObject({
      failure: { name: 'NetworkError', retryable: false },
    });
    expect(await page.call('request', { url, redirects: 3 })).toMatchObject({
      value: { status: 200, url: `http://127.0.0.1:${peer.port}/agent.md` },
    });
  });

  it('keeps its limits of size and time', async () => {
    await using peer = await startPeer({ onRequest: forEveryOrigin });
    const at = (path: string) => `http://127.0.0.1:${peer.port}${path}`;
    expect(await page.call('request', { url: at('/large'), maxBytes: 999 })).toMatchObject({
      failure: { name: 'NetworkError', retryable: false },
    });
    expect(await page.call('request', { url: at('/silence'), timeoutMs: 50 })).toMatchObject({
      failure: { name: 'TimeoutError' },
    });
  });

  it('parses a discovery document', async () => {
    expect(await page.call('parseDocument', JSON.stringify(document))).toEqual({
      value: [
        { url: 'wss://first.example.test/aun', priority: 1 },
        { url: 'wss://second.example.test/aun', priority: 2 },
        { url: 'wss://last.example.test/aun', priority: 999 },
      ],
    });
    expect(await page.call('parseDocument', '{"gateways":[]}')).toMatchObject({
      failure: { name: 'ValidationError' },
    });
  });

  it('discovers the gateways of an AID below .localhost, which needs no DNS, over TLS', async () => {
    const names = ['aun.localhost', '*.aun.localhost'];
    await using peer = await startPeer({ onRequest: forEveryOrigin, tlsNames: names });
    const trusting = await stagehand.newContext({ ignoreHTTPSErrors: true });
    const tab = await stagehand.open<typeof transport>('transport', trusting);
    expect(await tab.call('discover', 'alice.aun.localhost', peer.port)).toMatchObject({
      value: [{ url: 'wss://first.example.test/aun' }, {}, {}],
    });
    expect(await page.call('discover', 'alice.aun.localhost', peer.port)).toMatchObject({
      failure: { name: 'GatewayUnreachableError' },
    });
    const socketUrl = `wss://gateway.aun.localhost:${peer.port}/aun`;
    expect(await tab.call('tryOpen', socketUrl)).toEqual({ value: 'open' });
    expect(await page.call('tryOpen', socketUrl)).toMatchObject({ failure: { name: 'ConnectionError' } });
  });
});
