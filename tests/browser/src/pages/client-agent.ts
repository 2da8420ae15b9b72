import { type AIDInfo, AIDStore, AUNClient, type ConnectionOptions } from 'aun-client';

/** Where the network of a test is. */
export interface Network {
  readonly rootCaPem: string;
  readonly discoveryPort: number;
}

export interface Heard {
  readonly from: string;
  readonly text: string;
  readonly seq: number;
}

type Fallible<T> = { ok: true; data: T } | { ok: false; error: { code: string; message: string } };

const orFail = <T>(result: Fallible<T>): T => {
  if (result.ok) return result.data;
  throw new Error(`${result.error.code}: ${result.error.message}`);
};

/**
 * An agent as an application would have it, written for both faces of the client: only promises. It runs in pages and
 * in workers, and in Node.
 */
export class Agent {
  readonly store: AIDStore;
  readonly heard: Heard[] = [];
  readonly events: string[] = [];
  #client: AUNClient | null = null;

  constructor(network: Network) {
    this.store = new AIDStore({ aunPath: 'browser-tests', encryptionSeed: 'a seed', ...network });
  }

  get client(): AUNClient {
    if (this.#client === null) throw new Error('load an identity first');
    return this.#client;
  }

  /** `ok`, or the code of the failure. */
  async register(aid: string): Promise<string> {
    const registered = await this.store.register(aid);
    return registered.ok ? 'ok' : `${registered.error.code}: ${registered.error.message}`;
  }

  /** Loads the identity; the client is not connected yet. */
  async load(aid: string): Promise<{ deviceId: string; fingerprint: string; canSign: boolean }> {
    const loaded = orFail(await this.store.loadAsync(aid));
    const client = new AUNClient(loaded.aid);
    client.on('message.received', ({ from, payload, seq }) => {
      this.heard.push({ from, text: String(payload.text), seq });
    });
    client.on('state_change', ({ to }) => void this.events.push(to));
    client.on('outbox.sent', ({ message_id }) => void this.events.push(`sent ${message_id}`));
    this.#client = client;
    const { deviceId, certFingerprint: fingerprint } = loaded.aid;
    return { deviceId, fingerprint, canSign: client.canSign };
  }

  async connect(options?: ConnectionOptions): Promise<string> {
    await this.client.connect(options);
    return this.client.state;
  }

  async send(to: string, text: string, durable = false): Promise<string> {
    const { message_id } = await this.client.message.send({ to, payload: { text } }, { durable });
    return message_id;
  }

  async list(): Promise<AIDInfo[]> {
    return orFail(await this.store.listAsync()).identities;
  }

  /** Signs with the identity, verifies, and publishes its card. */
  async publish(card: string): Promise<{ valid: boolean; forged: boolean; etag: string; status: string }> {
    const aid = this.client.currentAid;
    if (aid === null) throw new Error('load an identity first');
    const { signature } = orFail(await aid.sign('text'));
    const { valid } = orFail(await aid.verify('text', signature));
    const { valid: forged } = orFail(await aid.verify('texT', signature));
    const { etag } = await this.client.publishAgentMd(card);
    const fetched = orFail(await this.store.fetchAgentMd(aid.aid, { requireVerified: true }));
    return { valid, forged, etag, status: fetched.verification.status };
  }

  async close(): Promise<void> {
    await this.#client?.close();
    this.store.close();
  }
}
