import { createServer } from 'node:net';
import { NetworkError, SerializationError, TimeoutError, ValidationError } from 'aun-core';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createPlatformHttp as createFetchHttp } from '../src/http/platform-fetch.js';
import {
  createHttpClient,
  type HttpBackend,
  type HttpClient,
  MemoryDnsFallback,
  responseJsonObject,
  responseText,
} from '../src/index.js';
import { caught } from './helpers/caught.js';
import { FakeClock } from './helpers/fake-clock.js';
import { startServer, testCaPem } from './helpers/ws-server.js';

const clients: HttpClient[] = [];
const keep = (client: HttpClient) => {
  clients.push(client);
  return client;
};
afterAll(() => {
  for (const client of clients) client.close();
});

const kinds = [
  ['node:http', () => keep(createHttpClient())],
  ['fetch', () => keep(createHttpClient({ backend: createFetchHttp({}) }))],
] as const;

describe.each(kinds)('an HTTP client over %s', (kind, createClient) => {
  it('gives status, headers in lower case and the bytes of any answer', async () => {
    await using server = await startServer({
      onRequest: (request, response) => {
        response.setHeader('ETag', '"abc"');
        response.statusCode = request.url === '/missing?x=1' ? 404 : 200;
        response.end(`${request.method} ${request.url}`);
      },
    });
    const http = createClient();
    const found = await http.request({ url: `http://127.0.0.1:${server.port}/found` });
    expect(found.status).toBe(200);
    expect(found.headers.etag).toBe('"abc"');
    expect(responseText(found)).toBe('GET /found');
    const missing = await http.request({
      method: 'HEAD',
      url: `http://127.0.0.1:${server.port}/missing?x=1`,
    });
    expect(missing.status).toBe(404);
    expect(missing.body.length).toBe(0);
  });

  it('sends a body with its headers', async () => {
    await using server = await startServer({
      onRequest: (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          response.end(
            JSON.stringify({
              body,
              auth: request.headers.authorization,
              length: request.headers['content-length'],
            }),
          );
        });
      },
    });
    const url = `http://127.0.0.1:${server.port}/agent.md`;
    const headers = { Authorization: 'Bearer t' };
    const sent = await createClient().request({ method: 'PUT', url, headers, body: 'héllo' });
    expect(responseJsonObject(sent)).toEqual({ body: 'héllo', auth: 'Bearer t', length: '6' });
  });

  it('fails with a transient NetworkError when nobody is there', async () => {
    let port = 0;
    {
      await using server = await startServer();
      port = server.port;
    }
    const error = await caught(createClient().request({ url: `http://127.0.0.1:${port}/` }));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ retryable: true });
    expect(error.cause).toBeDefined();
  });

  it('fails with a NetworkError when the connection is cut in the middle of the answer', async () => {
    await using server = await startServer({
      onRequest: (_request, response) => {
        response.writeHead(200, { 'Content-Length': '1000' });
        response.write('half');
        setImmediate(() => response.destroy());
      },
    });
    expect(await caught(createClient().request({ url: `http://127.0.0.1:${server.port}/` }))).toBeInstanceOf(
      NetworkError,
    );
  });

  it('reads no more than the limit', async () => {
    await using server = await startServer({
      onRequest: (_request, response) => response.end('x'.repeat(100_000)),
    });
    const request = { url: `http://127.0.0.1:${server.port}/big` };
    const error = await caught(createClient().request({ ...request, maxBytes: 99_999 }));
    expect(error).toMatchObject({
      name: 'NetworkError',
      retryable: false,
      message: expect.stringContaining('99999 bytes'),
    });
    expect((await createClient().request({ ...request, maxBytes: 100_000 })).body.length).toBe(100_000);
  });

  it('follows redirects only when asked, and never more than asked', async () => {
    await using server = await startServer({
      onRequest: (request, response) => {
        const step = Number(request.url?.slice(1));
        if (step > 0) response.writeHead(302, { Location: `/${step - 1}` });
        response.end(`step ${step}`);
      },
    });
    const url = `http://127.0.0.1:${server.port}`;
    const http = createClient();
    const followed = await http.request({ url: `${url}/2`, redirects: 2 });
    expect(responseText(followed)).toBe('step 0');
    expect(followed.url).toBe(`${url}/0`);
    expect((await http.request({ url: `${url}/2` })).status).toBe(302);
    const tooShort = http.request({ url: `${url}/2`, redirects: 1 });
    // A platform's own following knows no count.
    if (kind === 'node:http') expect((await tooShort).status).toBe(302);
    else expect((await tooShort).status).toBe(200);
  });

  it('rejects with the reason of its signal', async () => {
    await using server = await startServer({ onRequest: () => {} });
    const controller = new AbortController();
    const request = { url: `http://127.0.0.1:${server.port}/`, signal: controller.signal };
    const pending = caught(createClient().request(request));
    controller.abort(new Error('enough'));
    expect((await pending).message).toBe('enough');
    expect((await caught(createClient().request(request))).message).toBe('enough');
  });

  it('gives up in the middle of an answer, by its signal or by time', async () => {
    const controller = new AbortController();
    await using server = await startServer({
      onRequest: (request, response) => {
        response.writeHead(200, { 'Content-Length': '1000' });
        response.write('half');
        if (request.url === '/abort') controller.abort(new Error('enough'));
      },
    });
    const http = createClient();
    const url = `http://127.0.0.1:${server.port}`;
    expect((await caught(http.request({ url: `${url}/abort`, signal: controller.signal }))).message).toBe(
      'enough',
    );
    expect(await caught(http.request({ url: `${url}/hang`, timeoutMs: 50 }))).toBeInstanceOf(TimeoutError);
  });

  it('refuses what is no http URL', async () => {
    for (const url of [
      '',
      'gateway.example.test',
      'file:///etc/passwd',
      'wss://gateway.example.test',
      'https://',
    ]) {
      expect(await caught(createClient().request({ url }))).toBeInstanceOf(ValidationError);
    }
  });
});

describe('a browser', () => {
  it('hides redirects that are not followed, which is a NetworkError', async () => {
    vi.stubGlobal('fetch', async () => ({ type: 'opaqueredirect', status: 0, headers: [], body: null }));
    try {
      const http = createHttpClient({ backend: createFetchHttp({}) });
      const error = await caught(http.request({ url: 'https://gateway.example.test/pki/chain' }));
      expect(error).toMatchObject({ name: 'NetworkError', retryable: false });
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('the time limit of a request', () => {
  it('is 30 s for the whole answer unless told otherwise, and a TimeoutError', async () => {
    const clock = new FakeClock();
    const hanging: HttpBackend = {
      exchange: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
      close() {},
    };
    const http = createHttpClient({ clock, backend: hanging });
    const standard = caught(http.request({ url: 'https://gateway.example.test/health' }));
    const short = caught(http.request({ url: 'https://gateway.example.test/health', timeoutMs: 5_000 }));
    await clock.advance(5_000);
    expect(await short).toBeInstanceOf(TimeoutError);
    expect((await short).message).toBe(
      'GET https://gateway.example.test/health did not answer within 5000 ms',
    );
    await clock.advance(24_999);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    expect(await standard).toBeInstanceOf(TimeoutError);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an HTTP client in Node', () => {
  it('verifies TLS against the system roots and an extra CA', async () => {
    await using server = await startServer({
      tls: true,
      onRequest: (_request, response) => response.end('secure'),
    });
    const url = `https://alice.aun.localhost:${server.port}/`;
    const refused = await caught(keep(createHttpClient()).request({ url }));
    expect(refused).toMatchObject({ name: 'NetworkError', retryable: false });
    const verified = keep(createHttpClient({ tls: { caPem: testCaPem } }));
    expect(responseText(await verified.request({ url }))).toBe('secure');
    const wrongName = `https://alice.other.localhost:${server.port}/`;
    expect(await caught(verified.request({ url: wrongName }))).toBeInstanceOf(NetworkError);
    const unverified = keep(createHttpClient({ tls: { verify: false } }));
    expect(responseText(await unverified.request({ url: wrongName }))).toBe('secure');
  });

  it('refuses a CA that is none', () => {
    const begin = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    for (const caPem of ['', 'not a certificate', begin]) {
      expect(() => createHttpClient({ tls: { caPem } })).toThrow(ValidationError);
    }
  });

  it('does not fall from TLS to plain text on a redirect', async () => {
    await using server = await startServer({
      tls: true,
      onRequest: (_request, response) => {
        response.writeHead(302, { Location: 'http://alice.aun.localhost/' });
        response.end();
      },
    });
    const http = keep(createHttpClient({ tls: { caPem: testCaPem } }));
    const response = await http.request({ url: `https://alice.aun.localhost:${server.port}/`, redirects: 3 });
    expect(response.status).toBe(302);
  });

  it('takes its token to no other origin', async () => {
    const seen: unknown[] = [];
    await using other = await startServer({
      onRequest: (request, response) => {
        seen.push(request.headers.authorization, request.headers.accept);
        response.end();
      },
    });
    await using server = await startServer({
      onRequest: (_request, response) => {
        response.writeHead(307, { Location: `http://127.0.0.1:${other.port}/` });
        response.end();
      },
    });
    const headers = { Authorization: 'Bearer secret', Accept: 'text/plain' };
    await keep(createHttpClient()).request({
      url: `http://127.0.0.1:${server.port}/`,
      headers,
      redirects: 1,
    });
    expect(seen).toEqual([undefined, 'text/plain']);
  });

  it('asks again when a kept connection turns out to be closed', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      let requests = 0;
      socket.on('error', () => {});
      socket.on('data', () => {
        requests += 1;
        // Every connection answers once and resets on the second request.
        if (requests > 1) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    const http = createHttpClient();
    expect(responseText(await http.request({ url }))).toBe('ok');
    expect(responseText(await http.request({ url }))).toBe('ok');
    expect(connections).toBe(2);
    http.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('leaves no connection behind when it is closed', async () => {
    await using server = await startServer();
    const http = createHttpClient();
    await http.request({ url: `http://127.0.0.1:${server.port}/` });
    expect(server.connections.size).toBe(1);
    http.close();
    await expect.poll(() => server.connections.size).toBe(0);
  });

  it('remembers where a host was and goes there with the same name when DNS fails', async () => {
    const dnsFallback = new MemoryDnsFallback();
    let dnsWorks = true;
    const lookup = async (hostname: string) => {
      if (!dnsWorks)
        throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' });
      return [{ address: '127.0.0.1', family: 4 as const }];
    };
    const hosts: unknown[] = [];
    await using server = await startServer({
      tls: true,
      onRequest: (request, response) => {
        hosts.push(request.headers.host);
        response.setHeader('Connection', 'close');
        response.end();
      },
    });
    const http = keep(createHttpClient({ tls: { caPem: testCaPem }, lookup, dnsFallback }));
    const url = `https://gateway.remembered.test:${server.port}/health`;
    await http.request({ url });
    expect(dnsFallback.recall('gateway.remembered.test')).toEqual({ ip: '127.0.0.1', port: server.port });
    dnsWorks = false;
    expect((await http.request({ url })).status).toBe(200);
    expect(hosts).toEqual([
      `gateway.remembered.test:${server.port}`,
      `gateway.remembered.test:${server.port}`,
    ]);
  });
});

describe('the body of an answer', () => {
  it('is a JSON object or a SerializationError', async () => {
    const body = (text: string) => ({ url: 'https://x.test/', body: new TextEncoder().encode(text) });
    expect(responseJsonObject(body('{"a":1}'))).toEqual({ a: 1 });
    for (const text of ['', '[]', 'null', '{', '"x"']) {
      expect(() => responseJsonObject(body(text))).toThrow(SerializationError);
    }
  });
});
