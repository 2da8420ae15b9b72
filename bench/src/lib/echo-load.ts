import { once } from 'node:events';
import type { WebSocket } from 'ws';
import type { EchoProcess } from './echo-process.js';

/** Frames that came back per second over `connections` bare sockets with `window` of them on the way on each. */
export async function echoPerSecond(
  echo: EchoProcess,
  frame: string,
  { connections, window, ms }: { connections: number; window: number; ms: number },
): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => echo.open()));
  const start = performance.now();
  const counts = await Promise.all(sockets.map((socket) => bounce(socket, frame, window, ms)));
  const seconds = (performance.now() - start) / 1e3;
  await Promise.all(sockets.map(closed));
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
    socket.on('message', (data) => {
      data.toString();
      back++;
      if (performance.now() < deadline) socket.send(frame);
      else if (--waiting === 0) resolve(back);
    });
    for (let i = 0; i < window; i++) socket.send(frame);
  });
}
