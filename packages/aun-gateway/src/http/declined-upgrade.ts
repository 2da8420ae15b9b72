import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What is left for a declined offer from its request to the last byte of the answer. */
const ANSWER_MS = 60_000;

/** Does the request ask for a WebSocket? Other offers (`h2c`) may be ignored: it is a plain request then. */
export const offersWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.trim().toLowerCase() === 'websocket';

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;

/** Serves the request over HTTP/1.1, then closes: Node has given its connection away already. */
export const declineUpgrade = (server: Server, request: IncomingMessage, socket: Duplex): void => {
  if (!(socket instanceof Socket)) {
    socket.destroy();
    return;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.destroySoon());
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  if (hasBody(request)) {
    response.writeHead(501, { 'Content-Type': 'text/plain' });
    response.end('this upgrade is not supported: send the body without an Upgrade header');
    return;
  }
  server.emit('request', request, response);
};
