import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/**
 * The least a server can do: bare `ws` over TLS. It answers every frame with itself and counts for nothing else. Key and
 * certificate come from the parent; it ends with the parent.
 */
process.once('disconnect', () => process.exit());
process.once('message', (tls: { key: string; cert: string }) => {
  const server = createServer(tls);
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => socket.send(data.toString()));
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
