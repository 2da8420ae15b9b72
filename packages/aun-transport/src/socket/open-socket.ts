/// <reference path="../platform.d.ts" />

import { openPlatformSocket } from '#socket';
import type { SocketOpener } from './wire-socket.js';

/**
 * Opens a WebSocket of the platform: the `ws` library in Node, the native one elsewhere. Text frames only, no
 * compression offered where that can be chosen. Frames that arrive before `listen` wait for it.
 */
export const openSocket: SocketOpener = (url, options) => openPlatformSocket(url, options);
