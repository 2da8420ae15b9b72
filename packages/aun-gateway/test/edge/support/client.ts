import { WebSocket } from 'ws';

export type Json = { readonly [key: string]: unknown };

/** An event or notification as received. */
export interface Received {
  readonly method: string;

  readonly params: Readonly<Record<string, unknown>>;
  readonly meta: unknown;
  readonly bytes: number;
}

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: Json;
}

export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  constructor(readonly error: RpcError) {
    super(`${error.code} ${error.message}`);
  }
}

export interface ConnectOptions {
  readonly device?: string;
  readonly slot?: string;
  readonly lang?: string;
  readonly kind?: 'long' | 'short';
  readonly ttlMs?: number;
  readonly extra?: Json;
  readonly mode?: 'fanout' | 'queue';
  readonly routing?: string;
}

const DEADLINE_MS = 8_000;

/** A raw JSON-RPC client: knows the framing and nothing else. */
export class TestClient {
  readonly events: Received[] = [];
  readonly frames: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  nonce = '';
  largestFrame = 0;
  #next = 0;
  readonly #pending = new Map<string, (frame: Json) => void>();
  readonly #waiters = new Set<() => void>();

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('error', () => {});
    socket.on('message', (data) => this.#receive(data.toString()));
  }

  static async open(url: string): Promise<TestClient> {
    const client = new TestClient(new WebSocket(url, { perMessageDeflate: false }));
    const { params } = await client.event('challenge');
    client.nonce = String(params.nonce);
    return client;
  }

  #receive(text: string): void {
    this.frames.push(text);
    this.largestFrame = Math.max(this.largestFrame, Buffer.byteLength(text));
    const frame = JSON.parse(text);
    if ('id' in frame) {
      const id = String(frame.id);
      this.#pending.get(id)?.(frame);
      this.#pending.delete(id);
    } else {
      this.events.push({
        method: frame.method,
        params: frame.params,
        meta: frame._meta,
        bytes: Buffer.byteLength(text),
      });
    }
    for (const wake of [...this.#waiters]) wake();
  }

  raw(text: string): void {
    this.socket.send(text);
  }

  notify(method: string, params: Json): void {
    this.raw(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /** The whole response frame. */
  request(method: string, params: Json = {}): Promise<Json> {
    this.#next += 1;
    const id = `rpc-${this.#next}`;
    const answer = new Promise<Json>((resolve) => this.#pending.set(id, resolve));
    this.raw(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return answer;
  }

  // biome-ignore lint/suspicious/noExplicitAny: results are read as free JSON in tests
  async call(method: string, params: Json = {}): Promise<any> {
    const frame = await this.request(method, params);
    if ('error' in frame) throw new CallFailed(frame.error as RpcError);
    return frame.result;
  }

  /** The error a call must end in. */
  async refused(method: string, params: Json = {}): Promise<RpcError> {
    const frame = await this.request(method, params);
    if (!('error' in frame)) throw new Error(`${method} succeeded: ${JSON.stringify(frame.result)}`);
    return frame.error as RpcError;
  }

  /** Resolves when `condition` holds; looked at after every frame. */
  until(condition: () => boolean, what = 'condition'): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(wake);
        reject(new Error(`${what} not met; events: ${this.events.map((event) => event.method).join(', ')}`));
      }, DEADLINE_MS);
      const wake = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      this.#waiters.add(wake);
    });
  }

  /** The n-th event of this method (from 1). */
  async event(method: string, n = 1): Promise<Received> {
    const found = () => this.events.filter((event) => event.method === method);
    await this.until(() => found().length >= n, `${method} #${n}`);
    const event = found()[n - 1];
    if (!event) throw new Error('unreachable');
    return event;
  }

  eventsOf(method: string): Received[] {
    return this.events.filter((event) => event.method === method);
  }

  /** A round trip: everything the server sent before is here now. */
  async settle(): Promise<void> {
    await this.request('meta.ping');
  }

  cut(): void {
    this.socket.terminate();
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

export const connectParams = (client: TestClient, aid: string, options: ConnectOptions = {}): Json => ({
  nonce: client.nonce,
  auth: { method: 'kite_token', token: `t:${aid}` },
  protocol: { min: '1.0', max: '1.0' },
  device: { id: options.device ?? 'd-1', type: 'sdk' },
  client: {
    slot_id: options.slot ?? 'default',
    sdk_lang: options.lang ?? 'typescript',
    sdk_version: '0.5.4',
  },
  delivery_mode: { mode: options.mode ?? 'fanout', routing: options.routing ?? '', affinity_ttl_ms: 0 },
  ...(options.extra ? { extra_info: options.extra } : {}),
  ...(options.kind === 'short' ? { options: { kind: 'short', short_ttl_ms: options.ttlMs ?? 0 } } : {}),
});

export async function connect(
  client: TestClient,
  aid: string,
  options: ConnectOptions = {},
): Promise<TestClient> {
  await client.call('auth.connect', connectParams(client, aid, options));
  return client;
}
