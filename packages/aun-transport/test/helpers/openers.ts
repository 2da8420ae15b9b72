import { WebSocket } from 'ws';
import { type NativeWebSocket, nativeSocketOpener, openSocket, type SocketOpener } from '../../src/index.js';

/** The browser's opener over a class with the browser's interface. */
export const openNativeSocket: SocketOpener = nativeSocketOpener(
  (url) => new WebSocket(url, { perMessageDeflate: false }) as unknown as NativeWebSocket,
);

/** Every test of sockets runs over both. */
export const openers: readonly (readonly [name: string, open: SocketOpener])[] = [
  ['ws', openSocket],
  ['native', openNativeSocket],
];
