import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

const paths: ReadonlySet<string> = new Set(['/aun', '/ws', '/']);

export interface UpgradeDeps {
  readonly maxFrameBytes: number;
  /** A reason not to take another socket, or null. */
  readonly refusal: () => string | null;
  readonly accept: (socket: WebSocket, request: IncomingMessage) => void;
}

const refuse = (socket: Duplex, status: string, body: string): void => {
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};

/** WebSocket upgrades of an HTTP(S) server: the three paths, no compression, any origin (02 §0, §3.1). */
export function createUpgrade(deps: UpgradeDeps) {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: deps.maxFrameBytes,
  });
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (!paths.has(path)) {
      refuse(socket, '404 Not Found', 'no WebSocket here: use /aun');
      return;
    }
    const reason = deps.refusal();
    if (reason !== null) {
      refuse(socket, '503 Service Unavailable', reason);
      return;
    }
    server.handleUpgrade(request, socket, head, (accepted) => deps.accept(accepted, request));
  };
}
