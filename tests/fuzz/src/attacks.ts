import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Agent } from './agent.js';
import { garbage, hostileRequest } from './frames.js';
import type { GatewayProcess } from './gateway-process.js';
import type { Random } from './random.js';
import { RawSocket } from './socket.js';

export interface Scene {
  readonly gateway: GatewayProcess;
  readonly random: Random;
  readonly attacker: Agent;
}

export type Attack = (scene: Scene) => Promise<void>;

const withSocket = async (
  { gateway, attacker, random }: Scene,
  authenticated: boolean,
  work: (socket: RawSocket) => unknown,
): Promise<void> => {
  const socket = await new RawSocket(gateway).open();
  try {
    if (authenticated) await socket.authenticate(attacker, `d-${random.below(8)}`);
    await work(socket);
  } finally {
    socket.cut();
    await socket.closed;
  }
};

const coin = (random: Random): boolean => random.below(2) === 0;

const garbageFrames: Attack = (scene) =>
  withSocket(scene, coin(scene.random), async (socket) => {
    for (let n = scene.random.below(20); n >= 0; n -= 1) socket.send(garbage(scene.random));
    await socket.settle();
  });

const wrongParams: Attack = (scene) =>
  withSocket(scene, coin(scene.random), async (socket) => {
    for (let n = scene.random.below(60); n >= 0; n -= 1) socket.send(hostileRequest(scene.random));
    await socket.settle();
  });

/** One byte too many, or much more; announced in one frame or in many. */
const oversized: Attack = (scene) =>
  withSocket(scene, coin(scene.random), async (socket) => {
    const size = scene.random.pick([1_048_577, 1_500_000, 3_000_000]);
    if (coin(scene.random)) socket.send('x'.repeat(size));
    else
      for (let sent = 0; sent < size; sent += 65_536)
        socket.ws.send('x'.repeat(65_536), { fin: false }, () => {});
    await socket.closed;
  });

const flood: Attack = (scene) =>
  withSocket(scene, coin(scene.random), async (socket) => {
    const frame = hostileRequest(scene.random);
    for (let n = 0; n < 500; n += 1) socket.send(frame);
    await socket.settle();
  });

const connectionStorm: Attack = async ({ gateway, random }) => {
  const sockets = Array.from({ length: 10 }, () => new RawSocket(gateway));
  await Promise.all(sockets.map((socket) => socket.open()));
  for (const socket of sockets) {
    if (coin(random)) socket.cut();
    else socket.ws.close(random.pick([1000, 3000, 4999]));
  }
  for (const socket of sockets) {
    await Promise.race([socket.closed, once(AbortSignal.timeout(2_000), 'abort')]);
    socket.cut();
    await socket.closed;
  }
};

/** TCP without TLS, TLS without HTTP, an upgrade that stops in the middle of a frame. */
const halfOpen: Attack = async ({ gateway, random }) => {
  const options = { host: '127.0.0.1', port: gateway.port };
  const plain = coin(random);
  const socket = plain ? connectTcp(options) : connectTls({ ...options, ca: gateway.rootCaPem });
  socket.on('error', () => {});
  await once(socket, plain ? 'connect' : 'secureConnect');
  const upgrade =
    'GET /aun HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const opening = random.pick<string | Buffer>([
    '',
    random.bytes(100),
    upgrade.slice(0, random.below(upgrade.length)),
    upgrade,
    'GET /health HTTP/1.1\r\n',
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
  ]);
  socket.write(opening);
  if (opening === upgrade) {
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    // A masked text frame that promises a megabyte and sends five bytes.
    socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0xff, 0xff, 1, 2, 3, 4, 0x7b]));
  }
  await Promise.race([once(socket, 'close'), once(AbortSignal.timeout(50), 'abort')]);
  if (plain && coin(random)) socket.resetAndDestroy();
  else socket.destroy();
};

/** Asks for megabytes that it never reads. */
const slowReader: Attack = (scene) =>
  withSocket(scene, true, async (socket) => {
    const payload = { type: 'text', text: 'x'.repeat(100_000) };
    await socket.request('note', 'message.send', { to: scene.attacker.aid, payload });
    socket.ws.pause();
    const params = { after_seq: 0, limit: 100 };
    for (let n = 0; n < 40; n += 1) {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: n, method: 'message.pull', params }));
    }
    await Promise.race([socket.closed, once(AbortSignal.timeout(300), 'abort')]);
  });

export const attacks: readonly [Attack, ...Attack[]] = [
  garbageFrames,
  wrongParams,
  wrongParams,
  oversized,
  flood,
  connectionStorm,
  halfOpen,
  halfOpen,
  slowReader,
];
