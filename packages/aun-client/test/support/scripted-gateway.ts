import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from 'aun-core';
import { createHttpClient, type HttpClient } from 'aun-transport';
import { WebSocket, WebSocketServer } from 'ws';

/** A request or an answer on its way; every member may be missing. */
export type Frame = JsonObject & {
  readonly method?: string;
  readonly id?: string;
  readonly params?: JsonObject;
};

/** One connection of a client. */
export type ScriptedSocket = {
  /** To the client, as if the gateway had sent it. */
  readonly say: (frame: JsonObject | string) => void;
  readonly answer: (request: Frame, outcome: JsonObject) => void;
  /** On to the real gateway. */
  readonly pass: (request: Frame) => void;
  readonly close: (code: number, reason?: string) => void;
};

/** What happens to a request instead of reaching the gateway; `pass` lets it through. */
export type Script = (request: Frame, socket: ScriptedSocket) => 'pass' | 'handled';

/**
 * A real gateway with somebody in front of it who reads every frame and does as a test says: plain HTTP and WebSocket
 * towards the client, the gateway's own TLS behind.
 */
export class ScriptedGateway {
  script: Script = () => 'pass';
  /** Changes or drops (null) a frame on its way to the client. */
  reply: (frame: Frame) => Frame | null = (frame) => frame;
  readonly sockets = new Set<ScriptedSocket>();
  readonly #origin: string;
  readonly #ca: string;
  readonly #http: HttpClient;
  readonly #server: Server;
  readonly #upgrades = new WebSocketServer({ noServer: true });

  private constructor(gatewayUrl: string, ca: string) {
    this.#origin = new URL(gatewayUrl).origin;
    this.#ca = ca;
    this.#http = createHttpClient({ tls: { verify: true, caPem: ca } });
    this.#server = createServer((request, response) => void this.#forward(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgrades.handleUpgrade(request, socket, head, (client) => this.#pair(client));
    });
  }

  static async start(gateway: { gatewayUrl: string; rootCaPath: string }): Promise<ScriptedGateway> {
    const scripted = new ScriptedGateway(gateway.gatewayUrl, readFileSync(gateway.rootCaPath, 'utf8'));
    scripted.#server.listen(0, '127.0.0.1');
    await once(scripted.#server, 'listening');
    return scripted;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/aun`;
  }

  /** Back to a gateway that only forwards. */
  rest(): void {
    this.script = () => 'pass';
    this.reply = (frame) => frame;
  }

  /** To every connected client. */
  broadcast(frame: JsonObject | string): void {
    for (const socket of this.sockets) socket.say(frame);
  }

  async stop(): Promise<void> {
    for (const client of this.#upgrades.clients) client.terminate();
    this.#http.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET';
    const url = this.#origin.replace('wss:', 'https:') + (request.url ?? '/');
    try {
      const { status, body } = await this.#http.request({ method, url, timeoutMs: 5_000 });
      response.writeHead(status).end(body);
    } catch {
      response.writeHead(502).end();
    }
  }

  #pair(client: WebSocket): void {
    const { port } = new URL(this.#origin);
    const server = new WebSocket(`wss://127.0.0.1:${port}/aun`, { ca: this.#ca });
    const waiting: string[] = [];
    const toServer = (text: string): void => {
      if (server.readyState === WebSocket.CONNECTING) waiting.push(text);
      else if (server.readyState === WebSocket.OPEN) server.send(text);
    };
    const say = (frame: JsonObject | string): void =>
      client.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    const socket: ScriptedSocket = {
      say,
      answer: ({ id }, outcome) => say({ jsonrpc: '2.0', id: id ?? null, ...outcome }),
      pass: (request) => toServer(JSON.stringify(request)),
      close: (code, reason) => client.close(code, reason),
    };
    this.sockets.add(socket);
    client.on('message', (data) => {
      const text = data.toString();
      if (this.script(JSON.parse(text) as Frame, socket) === 'pass') toServer(text);
    });
    client.on('close', () => {
      this.sockets.delete(socket);
      server.terminate();
    });
    client.on('error', () => client.terminate());
    server.on('open', () => {
      for (const text of waiting) server.send(text);
    });
    server.on('message', (data) => {
      const frame = this.reply(JSON.parse(data.toString()) as Frame);
      if (frame !== null) say(frame);
    });
    server.on('close', () => client.terminate());
    server.on('error', () => client.terminate());
  }
}
