import { type Clock, ConnectionError, systemClock } from 'aun-core';
import { parseGatewayUrl } from '../url/gateway-url.js';
import { SocketInbox } from './inbox.js';
import { attemptOpen } from './open-attempt.js';
import { closeTimeoutMs, defaultMaxFrameBytes, type SocketOpener, type WireSocket } from './wire-socket.js';

/** As much of the browser's WebSocket as is used here. */
export interface NativeWebSocket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
  send(text: string): void;
  close(): void;
}

const openState = 1;
const closingState = 2;

/**
 * Sockets from a WebSocket class with the browser's interface. TLS, name resolution and compression are the
 * platform's; the reason why a socket did not open is hidden by browsers.
 *
 * @param createWebSocket e.g. `(url) => new WebSocket(url)`
 */
export function nativeSocketOpener(createWebSocket: (url: string) => NativeWebSocket): SocketOpener {
  return async (url, options = {}) => {
    parseGatewayUrl(url);
    const maxFrameBytes = options.maxFrameBytes ?? defaultMaxFrameBytes;
    return attemptOpen(url, options, (attempt) => {
      const ws = createWebSocket(url);
      ws.binaryType = 'arraybuffer';
      const inbox = new SocketInbox(() => ws.close());
      ws.addEventListener('message', ({ data }) => {
        const text = frameText(data);
        if (text.length <= maxFrameBytes) inbox.message(text);
        else abandon(ws, inbox, 1009, 'frame too big');
      });
      ws.addEventListener('error', () => attempt.failed(new Error('the connection could not be made')));
      ws.addEventListener('close', ({ code, reason }) => {
        attempt.failed(new Error(`closed with code ${code}`));
        inbox.close({ code, reason });
      });
      ws.addEventListener('open', () => attempt.opened(wrap(url, ws, inbox, options.clock ?? systemClock)));
      return () => ws.close();
    });
  };
}

function wrap(url: string, ws: NativeWebSocket, inbox: SocketInbox, clock: Clock): WireSocket {
  const canSend = () => ws.readyState === openState && !inbox.isClosed;
  return {
    url,
    get bufferedAmount() {
      return ws.bufferedAmount;
    },
    listen: (listener) => inbox.listen(listener),
    async send(text) {
      if (!canSend()) throw notOpen();
      ws.send(text);
    },
    post(text, onFailure) {
      if (canSend()) ws.send(text);
      else onFailure(notOpen());
    },
    close() {
      if (ws.readyState >= closingState) return;
      const timer = clock.setTimeout(() => inbox.close({ code: 1006, reason: '' }), closeTimeoutMs);
      ws.addEventListener('close', () => clock.clearTimeout(timer));
      ws.close();
    },
    // There is no way to drop a native socket at once: it is told to close and not listened to any more.
    terminate: () => abandon(ws, inbox, 1006, ''),
  };
}

function notOpen(): ConnectionError {
  return new ConnectionError('websocket send failed: the socket is not open');
}

function abandon(ws: NativeWebSocket, inbox: SocketInbox, code: number, reason: string): void {
  ws.close();
  inbox.close({ code, reason });
}

function frameText(data: unknown): string {
  if (typeof data === 'string') return data;
  return data instanceof ArrayBuffer ? new TextDecoder().decode(data) : '';
}
