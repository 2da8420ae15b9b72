import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext } from 'node:tls';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from 'aun-core';
import type { TlsIdentity } from '../tls/server-certificate.js';
import { declineUpgrade, offersWebSocket } from './declined-upgrade.js';
import type { HttpApp } from './env.js';
import { ListenError } from './listen-error.js';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface ListenerOptions {
  readonly app: HttpApp;
  readonly upgrade: UpgradeHandler;
  readonly log: Logger;
  readonly maxConnections: number;
}

export interface TlsListenerOptions extends ListenerOptions {
  readonly identities: ReadonlyMap<string, TlsIdentity>;
  /** Issuer for a server name of the TLS handshake; undefined when the client named none. */
  readonly issuerFor: (serverName: string | undefined) => string;
}

/** A listening server. */
export interface Listener {
  readonly port: number;
  /** Takes no new connections; resolves when the running requests are answered or `graceMs` is over. */
  close(graceMs: number): Promise<void>;
}

const timeouts = { headersTimeout: 15_000, requestTimeout: 60_000, keepAliveTimeout: 10_000 };

/** HTTP/1.0 knows no Host header. */
const requestListener = (app: HttpApp) => getRequestListener(app.fetch, { hostname: 'localhost' });

const equip = (server: Server, { upgrade, log, maxConnections }: ListenerOptions): Server => {
  server.maxConnections = maxConnections;
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => log.debug('upgrade socket failed', { error: error.message }));
    if (offersWebSocket(request)) upgrade(request, socket, head);
    else declineUpgrade(server, request, socket);
  });
  server.on('tlsClientError', (error: Error) => log.debug('tls handshake failed', { error: error.message }));
  server.on('clientError', (_error: Error, socket: Duplex) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  return server;
};

/** TLS with one certificate per issuer, chosen by SNI. */
export const createTlsServer = (options: TlsListenerOptions): Server => {
  const contexts = new Map(
    [...options.identities].map(([issuer, { cert, key }]) => [
      issuer,
      createSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
    ]),
  );
  const fallback = options.identities.get(options.issuerFor(undefined));
  const server = createHttpsServer(
    {
      ...timeouts,
      ...(fallback === undefined ? {} : { cert: fallback.cert, key: fallback.key }),
      minVersion: 'TLSv1.2',
      handshakeTimeout: 10_000,
      SNICallback: (serverName, done) => done(null, contexts.get(options.issuerFor(serverName))),
    },
    requestListener(options.app),
  );
  return equip(server, options);
};

export const createPlainServer = (options: ListenerOptions): Server =>
  equip(createHttpServer(timeouts, requestListener(options.app)), options);

/** Starts listening. @throws ListenError naming address and reason */
export const listen = (server: Server, host: string, port: number): Promise<Listener> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(new ListenError(host, port, cause)));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address() as AddressInfo;
      resolve({ port: address.port, close: (graceMs) => closeServer(server, graceMs) });
    });
  });

const closeServer = (server: Server, graceMs: number): Promise<void> =>
  new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
