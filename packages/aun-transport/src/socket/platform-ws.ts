import { type Clock, ConnectionError, systemClock } from 'aun-core';
import { WebSocket } from 'ws';
import { addressAttemptMs, createNodeLookup, rememberHost } from '../net/node-lookup.js';
import { nodeTlsOptions } from '../net/node-tls.js';
import { parseGatewayUrl } from '../url/gateway-url.js';
import { SocketInbox } from './inbox.js';
import { attemptOpen } from './open-attempt.js';
import { closeTimeoutMs, defaultMaxFrameBytes, type SocketOpener, type WireSocket } from './wire-socket.js';

/** WebSockets of the `ws` library, without compression (02 §3.1). */
export const openPlatformSocket: SocketOpener = async (url, options = {}) => {
  const { hostname } = parseGatewayUrl(url);
  const settings = {
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: options.maxFrameBytes ?? defaultMaxFrameBytes,
    lookup: createNodeLookup(options),
    autoSelectFamilyAttemptTimeout: addressAttemptMs,
    ...nodeTlsOptions(options.tls),
  };
  return attemptOpen(url, options, (attempt) => {
    const ws = new WebSocket(url, settings);
    const inbox = new SocketInbox(() => ws.terminate());
    let failure: unknown;
    // Attached before the upgrade can complete: no frame is early enough to be missed.
    ws.on('message', (data) => inbox.message(data.toString()));
    ws.on('upgrade', (response) => rememberHost(options.dnsFallback, hostname, response.socket));
    ws.on('unexpected-response', (_request, response) => {
      attempt.failed(upgradeRefused(url, response.statusCode ?? 0));
      ws.terminate();
    });
    ws.on('error', (error) => {
      failure = error;
      attempt.failed(error);
    });
    ws.on('close', (code, reason) => {
      attempt.failed(failure ?? new Error(`closed with code ${code}`));
      inbox.close({ code, reason: reason.toString() });
    });
    ws.on('open', () => attempt.opened(wrap(url, ws, inbox, options.clock ?? systemClock)));
    return () => ws.terminate();
  });
};

function wrap(url: string, ws: WebSocket, inbox: SocketInbox, clock: Clock): WireSocket {
  return {
    url,
    get bufferedAmount() {
      return ws.bufferedAmount;
    },
    listen: (listener) => inbox.listen(listener),
    send: (text) =>
      new Promise((resolve, reject) => {
        ws.send(text, (error) => {
          if (error) reject(sendFailed(error));
          else resolve();
        });
      }),
    post(text, onFailure) {
      ws.send(text, (error) => {
        if (error) onFailure(sendFailed(error));
      });
    },
    close() {
      if (ws.readyState >= WebSocket.CLOSING) return;
      const timer = clock.setTimeout(() => ws.terminate(), closeTimeoutMs);
      ws.once('close', () => clock.clearTimeout(timer));
      ws.close();
    },
    terminate: () => ws.terminate(),
  };
}

function sendFailed(error: Error): ConnectionError {
  return new ConnectionError(`websocket send failed: ${error.message}`, { cause: error });
}

function upgradeRefused(url: string, status: number): ConnectionError {
  return new ConnectionError(`${url} refused the websocket upgrade: HTTP ${status}`, { data: { status } });
}
