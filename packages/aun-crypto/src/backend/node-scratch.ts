/**
 * Memory that short synchronous calls share: a Buffer of its own for a few hundred bytes costs Node more than the work
 * on them. Whoever puts a secret there wipes it before returning.
 */
export class Scratch {
  readonly size: number;
  readonly bytes: Buffer;
  /** The first n bytes, each view made once. */
  readonly #heads: (Uint8Array | undefined)[] = [];

  constructor(size: number) {
    this.size = size;
    this.bytes = Buffer.alloc(size);
  }

  head(length: number): Uint8Array {
    let view = this.#heads[length];
    if (view === undefined) {
      view = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, length);
      this.#heads[length] = view;
    }
    return view;
  }

  /** A copy of the first `length` bytes. */
  copy(length: number): Uint8Array {
    return new Uint8Array(this.head(length));
  }

  wipe(length: number): void {
    this.bytes.fill(0, 0, length);
  }
}

/** Plain Uint8Array over a Buffer's memory: callers never see a Buffer. */
export const view = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
