import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

const paths: ReadonlySet<string> = new Set(['/aun', '/ws', '/']);

/** Why no further socket is taken, as an HTTP answer. */
export interface UpgradeRefusal {
  readonly status: string;
  readonly reason: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

export interface UpgradeDeps {
  readonly maxFrameBytes: number;
  /** A reason not to take another socket, or null. */
  readonly refusal: (request: IncomingMessage) => UpgradeRefusal | null;
  readonly accept: (socket: WebSocket, request: IncomingMessage) => void;
}

const refuse = (socket: Duplex, { status, reason: body, retryAfter }: UpgradeRefusal): void => {
  const retry = retryAfter === undefined ? '' : `Retry-After: ${Math.ceil(retryAfter)}\r\n`;
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status}\r\n${retry}Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
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
      refuse(socket, { status: '404 Not Found', reason: 'no WebSocket here: use /aun' });
      return;
    }
    const refusal = deps.refusal(request);
    if (refusal !== null) {
      refuse(socket, refusal);
      return;
    }
    server.handleUpgrade(request, socket, head, (accepted) => deps.accept(accepted, request));
  };
}
