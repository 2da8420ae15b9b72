import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `pass`: to the gateway; `hole`: accepted and never answered; `refuse`: closed at once. */
export type GateMode = 'pass' | 'hole' | 'refuse';

/** A TCP forwarder in front of a gateway that tests open and shut. */
export class Gate {
  mode: GateMode = 'pass';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      this.#keep(client);
      if (this.mode === 'refuse') client.destroy();
      if (this.mode !== 'pass') return;
      const server = connect(targetPort, '127.0.0.1');
      this.#keep(server);
      client.pipe(server).pipe(client);
      client.on('close', () => server.destroy());
      server.on('close', () => client.destroy());
    });
  }

  static async open(targetPort: number): Promise<Gate> {
    const gate = new Gate(targetPort);
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  /** The URL with this port in place of its own. */
  url(gatewayUrl: string): string {
    const url = new URL(gatewayUrl);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
