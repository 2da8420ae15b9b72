import type { Duplex } from 'node:stream';

const TEXT_FRAME = 0x81;
const SHORT = 125;
const MEDIUM = 0xffff;

/** Text of a frame and its UTF-8 length. */
interface Frame {
  readonly text: string;
  readonly bytes: number;
}

const headerBytes = (bytes: number): number => (bytes <= SHORT ? 2 : bytes <= MEDIUM ? 4 : 10);

const writeHeader = (target: Buffer, at: number, bytes: number): number => {
  target[at] = TEXT_FRAME;
  if (bytes <= SHORT) return target.writeUInt8(bytes, at + 1);
  if (bytes <= MEDIUM) return target.writeUInt16BE(bytes, target.writeUInt8(126, at + 1));
  return target.writeUInt32BE(bytes, target.writeUInt32BE(0, target.writeUInt8(127, at + 1)));
};

/** Unmasked, unfragmented text frames one after the other (RFC 6455 §5.2). */
export function encodeFrames(frames: readonly Frame[]): Buffer {
  let size = 0;
  for (const { bytes } of frames) size += headerBytes(bytes) + bytes;
  const target = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { text, bytes } of frames) {
    at = writeHeader(target, at, bytes);
    at += target.write(text, at, bytes, 'utf8');
  }
  return target;
}

/** Writers with frames; served together at the end of the turn. */
let waiting: FrameWriter[] = [];

const flushAll = (): void => {
  const writers = waiting;
  waiting = [];
  for (const writer of writers) writer.flush();
};

/**
 * Writes the text frames of one socket, those of a turn of the event loop together: one TLS record and one system call
 * instead of one for each, which is most of what a short answer costs. `ws` writes every frame on its own; its control
 * frames go on the same stream and are never split, so both may write.
 */
export class FrameWriter {
  readonly #stream: Duplex;
  readonly #mayWrite: () => boolean;
  readonly #written: (frames: number, bytes: number) => void;
  #frames: Frame[] = [];

  /** `written` hears of all frames that were added, also of those that could not be written any more. */
  constructor(stream: Duplex, mayWrite: () => boolean, written: (frames: number, bytes: number) => void) {
    this.#stream = stream;
    this.#mayWrite = mayWrite;
    this.#written = written;
  }

  add(text: string, bytes: number): void {
    if (this.#frames.length === 0 && waiting.push(this) === 1) setImmediate(flushAll);
    this.#frames.push({ text, bytes });
  }

  /** Writes what was added, now: before a close frame. */
  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.#frames = [];
    let bytes = 0;
    for (const frame of frames) bytes += frame.bytes;
    const written = (): void => this.#written(frames.length, bytes);
    if (this.#mayWrite()) this.#stream.write(encodeFrames(frames), written);
    else written();
  }
}
