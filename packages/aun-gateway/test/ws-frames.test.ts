import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { encodeFrames, FrameWriter } from '../src/ws/frame-writer.js';

const frame = (text: string) => ({ text, bytes: Buffer.byteLength(text) });

let server: Server;
let client: WebSocket;
let serverSide: Duplex;
beforeAll(async () => {
  const sockets = new WebSocketServer({ noServer: true });
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upgraded = new Promise<Duplex>((resolve) => {
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, () => resolve(socket)),
    );
  });
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  serverSide = await upgraded;
});
afterAll(() => {
  client.terminate();
  server.close();
});

/** What a client of the `ws` package reads; a text of our own marks the end. */
async function received(bytes: Buffer): Promise<string[]> {
  const texts: string[] = [];
  const complete = new Promise<void>((resolve) => {
    client.on('message', (data: Buffer, isBinary: boolean) => {
      expect(isBinary).toBe(false);
      if (data.toString('utf8') === 'the end') resolve();
      else texts.push(data.toString('utf8'));
    });
  });
  serverSide.write(Buffer.concat([bytes, encodeFrames([frame('the end')])]));
  await complete;
  client.removeAllListeners('message');
  return texts;
}

/** A stream that keeps what is written to it. */
const sink = () => {
  const writes: Buffer[] = [];
  const stream = new Duplex({
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk);
      done();
    },
    read() {},
  });
  return { stream, writes };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a WebSocket reader gets the texts back, whatever they hold', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { maxLength: 8 }),
      async (texts) => {
        expect(await received(encodeFrames(texts.map(frame)))).toEqual(texts);
      },
    ),
    { numRuns: 50 },
  );
});

it.each([0, 1, 125, 126, 65_535, 65_536, 200_000])(
  'a text of %i bytes gets the header of its length',
  async (length) => {
    const text = 'x'.repeat(length);
    expect(await received(encodeFrames([frame(text), frame('next')]))).toEqual([text, 'next']);
  },
);

it('the frames of a turn are one write, in their order', async () => {
  const { stream, writes } = sink();
  const counted: number[][] = [];
  const writer = new FrameWriter(
    stream,
    () => true,
    (frames, bytes) => counted.push([frames, bytes]),
  );
  for (const text of ['a', 'bc', 'd']) writer.add(text, text.length);
  await turn();
  writer.add('e', 1);
  await turn();
  expect(writes).toHaveLength(2);
  expect(await received(Buffer.concat(writes))).toEqual(['a', 'bc', 'd', 'e']);
  expect(counted).toEqual([
    [3, 4],
    [1, 1],
  ]);
});

it('a flush writes at once and leaves nothing for later; a closed socket only counts', async () => {
  const { stream, writes } = sink();
  let open = true;
  let left = 0;
  const writer = new FrameWriter(
    stream,
    () => open,
    (frames) => {
      left -= frames;
    },
  );
  left += 1;
  writer.add('a', 1);
  writer.flush();
  expect(writes).toHaveLength(1);
  open = false;
  left += 1;
  writer.add('b', 1);
  await turn();
  expect(writes).toHaveLength(1);
  expect(left).toBe(0);
});
