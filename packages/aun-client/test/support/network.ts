import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from 'aun-gateway/testing';
import {
  type AID,
  AIDStore,
  type AIDStoreOptions,
  AUNClient,
  type ConnectionState,
} from '../../src/index.js';

/** A gateway, and stores and clients on it that are closed with it. TLS is verified. */
export class TestNetwork {
  readonly gateway: TestGateway;
  readonly #folders: string[] = [];
  readonly #stores: AIDStore[] = [];
  readonly #clients: AUNClient[] = [];

  static async start(options?: TestGatewayOptions): Promise<TestNetwork> {
    return new TestNetwork(await startTestGateway(options));
  }

  private constructor(gateway: TestGateway) {
    this.gateway = gateway;
  }

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'aun-client-'));
    this.#folders.push(folder);
    return folder;
  }

  async store(options: Partial<AIDStoreOptions> = {}): Promise<AIDStore> {
    const store = new AIDStore({
      aunPath: options.aunPath ?? (await this.folder()),
      encryptionSeed: 'test seed',
      verifySsl: true,
      rootCaPath: this.gateway.rootCaPath,
      discoveryPort: this.gateway.discoveryPort,
      ...options,
    });
    this.#stores.push(store);
    return store;
  }

  /** A registered identity in a store of its own. */
  async identity(
    prefix: string,
    options: Partial<AIDStoreOptions> = {},
  ): Promise<{ store: AIDStore; aid: AID }> {
    const store = await this.store(options);
    const name = this.gateway.newAid(prefix);
    await okAsync(store.register(name));
    return { store, aid: ok(store.load(name)).aid };
  }

  client(aid?: AID): AUNClient {
    const client = new AUNClient(aid);
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) await client.close();
    for (const store of this.#stores) store.close();
    await this.gateway.stop();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }
}

type Res<T> = { ok: true; data: T } | { ok: false; error: { code: string; message: string } };

export const ok = <T>(result: Res<T>): T => {
  if (result.ok) return result.data;
  throw new Error(`${result.error.code}: ${result.error.message}`);
};

export const okAsync = async <T>(result: Promise<Res<T>>): Promise<T> => ok(await result);

export const codeOf = (result: Res<unknown>): string => (result.ok ? 'ok' : result.error.code);

/** Resolves as soon as the condition holds; fails after the deadline. */
export const until = async (condition: () => boolean, what: string, deadlineMs = 10_000): Promise<void> => {
  const end = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

export const untilState = (client: AUNClient, state: ConnectionState, deadlineMs?: number): Promise<void> =>
  until(() => client.state === state, `state ${state}, is ${client.state}`, deadlineMs);

/** Texts and numbers that reach the application's handler, in order. */
export const collect = (client: AUNClient): { texts: string[]; seqs: number[] } => {
  const seen = { texts: [] as string[], seqs: [] as number[] };
  client.on('message.received', (message) => {
    seen.texts.push(String(message.payload.text));
    seen.seqs.push(message.seq);
  });
  return seen;
};

export const card = (aid: string): string => `---
aid: "${aid}"
name: "Nora"
type: "assistant"
version: "1.0.0"
description: "Books meeting rooms"
---

# Nora
`;
