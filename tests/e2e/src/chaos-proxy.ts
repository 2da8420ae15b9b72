import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What can happen to one connection. */
export const TROUBLES = ['drop', 'delay', 'truncate', 'half-close'] as const;
export type Trouble = (typeof TROUBLES)[number];

interface Pipe {
  readonly client: Socket;
  readonly server: Socket;
  /** The next piece that comes from the gateway is cut in half, and the connection with it. */
  truncate: boolean;
}

/** A TCP proxy in front of a gateway that can do to connections whatever networks do to them. */
export class ChaosProxy {
  readonly #server: Server;
  readonly #pipes = new Set<Pipe>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly done: Record<Trouble, number> = { drop: 0, delay: 0, truncate: 0, 'half-close': 0 };

  private constructor(targetPort: number) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#open(client, targetPort));
  }

  static async start(targetPort: number): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get size(): number {
    return this.#pipes.size;
  }

  /** Troubles one connection; `pick` in [0, 1) says which. */
  trouble(kind: Trouble, pick: number): void {
    const pipe = [...this.#pipes][Math.floor(pick * this.#pipes.size)];
    if (pipe === undefined) return;
    this.done[kind] += 1;
    if (kind === 'drop') this.#drop(pipe);
    else if (kind === 'truncate') pipe.truncate = true;
    else if (kind === 'half-close') (pick * 1_000) % 2 < 1 ? pipe.client.end() : pipe.server.end();
    else this.#delay(pipe, 20 + pick * 400);
  }

  /** Cuts everything at once; the gateway stays reachable. */
  cutAll(): void {
    for (const pipe of this.#pipes) this.#drop(pipe);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.cutAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #open(client: Socket, targetPort: number): void {
    const server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const pipe: Pipe = { client, server, truncate: false };
    this.#pipes.add(pipe);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (piece) => this.#forward(pipe, from, to, piece));
      from.on('end', () => to.end());
      from.on('error', () => this.#drop(pipe));
      from.on('close', () => this.#drop(pipe));
      to.on('drain', () => from.resume());
    }
  }

  #forward(pipe: Pipe, from: Socket, to: Socket, piece: Buffer): void {
    if (to.destroyed || to.writableEnded) return;
    if (pipe.truncate && from === pipe.server) {
      to.write(piece.subarray(0, piece.length >> 1), () => this.#drop(pipe));
      return;
    }
    if (!to.write(piece)) from.pause();
  }

  #delay(pipe: Pipe, ms: number): void {
    pipe.client.pause();
    pipe.server.pause();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      pipe.client.resume();
      pipe.server.resume();
    }, ms);
    this.#timers.add(timer);
  }

  #drop(pipe: Pipe): void {
    this.#pipes.delete(pipe);
    pipe.client.destroy();
    pipe.server.destroy();
  }
}
