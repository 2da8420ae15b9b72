import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Agent } from './agent.js';
import type { GatewayProcess } from './gateway-process.js';

type Frame = {
  readonly id?: unknown;
  readonly error?: unknown;
  readonly params?: { readonly nonce?: string };
};

/** A raw socket that minds nothing: whatever the gateway does to it is recorded, never thrown. */
export class RawSocket {
  readonly ws: WebSocket;
  readonly closed: Promise<number>;
  answers = 0;
  readonly #waiting = new Map<string, (frame: Frame) => void>();
  #nonce: (nonce: string) => void = () => {};
  readonly #challenge = new Promise<string>((resolve) => {
    this.#nonce = resolve;
  });

  constructor(gateway: GatewayProcess) {
    this.ws = new WebSocket(gateway.url, { ca: gateway.rootCaPem, perMessageDeflate: false });
    this.closed = new Promise((resolve) => this.ws.once('close', (code) => resolve(code)));
    this.ws.on('error', () => {});
    this.ws.on('message', (data) => this.#receive(JSON.parse(data.toString())));
  }

  #receive(frame: Frame): void {
    if (frame.params?.nonce !== undefined) this.#nonce(frame.params.nonce);
    if (!('id' in frame)) return;
    this.answers += 1;
    this.#waiting.get(String(frame.id))?.(frame);
    this.#waiting.delete(String(frame.id));
  }

  async open(): Promise<this> {
    if (this.ws.readyState === WebSocket.CONNECTING) await Promise.race([once(this.ws, 'open'), this.closed]);
    return this;
  }

  /** The answer, or null when the socket closed before it came. */
  request(id: string, method: string, params: unknown): Promise<Frame | null> {
    const answer = new Promise<Frame>((resolve) => this.#waiting.set(id, resolve));
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return Promise.race([answer, this.closed.then(() => null)]);
  }

  async authenticate(agent: Agent, device: string): Promise<boolean> {
    const nonce = await Promise.race([this.#challenge, this.closed.then(() => '')]);
    const answer = await this.request('connect', 'auth.connect', {
      nonce,
      auth: { method: 'kite_token', token: agent.token },
      device: { id: device, type: 'sdk' },
      client: { slot_id: 'default', sdk_lang: 'typescript', sdk_version: '0.0.0' },
    });
    return answer !== null && answer.error === undefined;
  }

  send(data: string | Buffer): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(data);
  }

  /** Everything sent before was read by the gateway, or it hung up. */
  settle(): Promise<unknown> {
    return this.request('settle', 'meta.ping', {});
  }

  cut(): void {
    this.ws.terminate();
  }
}
