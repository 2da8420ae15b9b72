import { nativeSocketOpener } from './native-socket.js';
import type { SocketOpener } from './wire-socket.js';

/** WebSockets of the platform. */
export const openPlatformSocket: SocketOpener = nativeSocketOpener((url) => new WebSocket(url));
