import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AIDStore, AUNClient } from 'aun-client';
import { startTestGateway, type TestGateway } from 'aun-gateway/testing';

/** A gateway and agents in Node, for pages to talk to. */
export class AunNetwork {
  readonly gateway: TestGateway;
  readonly #folders: string[] = [];
  readonly #ends: (() => unknown)[] = [];

  static async start(): Promise<AunNetwork> {
    return new AunNetwork(await startTestGateway());
  }

  private constructor(gateway: TestGateway) {
    this.gateway = gateway;
  }

  /** What a page needs to find it; its certificates are accepted by the browser profile. */
  get address(): { rootCaPem: string; discoveryPort: number } {
    const { rootCaPem, discoveryPort } = this.gateway;
    return { rootCaPem, discoveryPort };
  }

  /** A connected agent in Node that notes what it hears. */
  async nodeAgent(prefix: string): Promise<{ aid: string; client: AUNClient; heard: string[] }> {
    const folder = await mkdtemp(join(tmpdir(), 'aun-browser-'));
    this.#folders.push(folder);
    const store = new AIDStore({
      aunPath: folder,
      encryptionSeed: '',
      verifySsl: true,
      rootCaPath: this.gateway.rootCaPath,
      discoveryPort: this.gateway.discoveryPort,
    });
    const aid = this.gateway.newAid(prefix);
    const registered = await store.register(aid);
    if (!registered.ok) throw new Error(registered.error.message);
    const loaded = store.load(aid);
    if (!loaded.ok) throw new Error(loaded.error.message);
    const client = new AUNClient(loaded.data.aid);
    const heard: string[] = [];
    client.on('message.received', ({ payload }) => void heard.push(String(payload.text)));
    this.#ends.push(() => client.close().then(() => store.close()));
    await client.connect();
    return { aid, client, heard };
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) await end();
    await this.gateway.stop();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }
}
