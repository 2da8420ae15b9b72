import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PrivateKey } from 'aun-crypto';
import { createRootCa, issueCertificate } from 'aun-pki/issue';
import { type WebSocket, WebSocketServer } from 'ws';

export interface Peer extends AsyncDisposable {
  readonly port: number;
}

export interface PeerOptions {
  readonly onRequest?: RequestListener;
  readonly onSocket?: (socket: WebSocket) => void;
  /** Serve TLS with a new certificate for these names, from a root that nobody knows. */
  readonly tlsNames?: readonly string[];
}

/** HTTP and WebSocket on one loopback port, for a page to talk to. */
export async function startPeer(options: PeerOptions): Promise<Peer> {
  const onRequest: RequestListener =
    options.onRequest ?? ((_request, response) => response.writeHead(404).end());
  const server =
    options.tlsNames === undefined
      ? createHttpServer(onRequest)
      : createHttpsServer(await certificateFor(options.tlsNames), onRequest);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => options.onSocket?.(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function certificateFor(dnsNames: readonly string[]): Promise<{ key: string; cert: string }> {
  const root = await createRootCa({ commonName: 'Test Root' });
  const key = PrivateKey.generate();
  const [commonName = ''] = dnsNames;
  const { publicKey } = key;
  const leaf = await issueCertificate(root, { profile: 'tls-server', commonName, dnsNames, publicKey });
  return { key: key.toPem(), cert: leaf.pem };
}
