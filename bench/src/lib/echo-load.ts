import { once } from 'node:events';
import type { RawData, WebSocket } from 'ws';
import type { EchoProcess } from './echo-process.js';

export interface Load {
  readonly connections: number;
  /** Frames on the way on each. */
  readonly window: number;
  readonly ms: number;
}

/** Frames that came back per second over bare sockets to the echo server. */
export async function echoPerSecond(echo: EchoProcess, frame: string, load: Load): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => echo.open()));
  const rate = await answersPerSecond(sockets, frame, load);
  await Promise.all(sockets.map(closed));
  return rate;
}

/** Answers per second when each socket always has `window` copies of `frame` on the way. */
export async function answersPerSecond(
  sockets: readonly WebSocket[],
  frame: string,
  { window, ms }: Load,
): Promise<number> {
  const start = performance.now();
  const counts = await Promise.all(sockets.map((socket) => bounce(socket, frame, window, ms)));
  const seconds = (performance.now() - start) / 1e3;
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}

export async function closed(socket: WebSocket): Promise<void> {
  const end = once(socket, 'close');
  socket.close();
  await end;
}

function bounce(socket: WebSocket, frame: string, window: number, ms: number): Promise<number> {
  const deadline = performance.now() + ms;
  return new Promise((resolve) => {
    let back = 0;
    let waiting = window;
    const answered = (data: RawData): void => {
      data.toString();
      back++;
      if (performance.now() < deadline) socket.send(frame);
      else if (--waiting === 0) {
        socket.off('message', answered);
        resolve(back);
      }
    };
    socket.on('message', answered);
    for (let i = 0; i < window; i++) socket.send(frame);
  });
}
