import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

export const testCaPem = fixture('ca.crt');

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly clients: ReadonlySet<WebSocket>;
  /** Open TCP connections. */
  readonly connections: ReadonlySet<Socket>;
}

export interface TestServerOptions {
  readonly tls?: boolean;
  readonly onRequest?: RequestListener;
  readonly onSocket?: (socket: WebSocket, connection: Duplex) => void;
  /** Refuses upgrades with this status. */
  readonly refuseUpgrade?: number;
  /** Never answers upgrades. */
  readonly ignoreUpgrade?: boolean;
}

/** HTTP(S) and WebSocket on one loopback port; what it does is the test's. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const onRequest: RequestListener = options.onRequest ?? ((_request, response) => response.end());
  const server =
    options.tls === true
      ? createHttpsServer({ key: fixture('server.key'), cert: fixture('server.crt') }, onRequest)
      : createHttpServer(onRequest);
  const sockets = new WebSocketServer({ noServer: true });
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    if (options.ignoreUpgrade === true) return;
    if (options.refuseUpgrade !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuseUpgrade} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    // Corked: what onSocket sends at once travels in the same segment as the answer to the upgrade.
    socket.cork();
    sockets.handleUpgrade(request, socket, head, (ws) => options.onSocket?.(ws, socket));
    socket.uncork();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    clients: sockets.clients,
    connections,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
