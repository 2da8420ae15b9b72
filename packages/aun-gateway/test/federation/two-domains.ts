import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayConfigInput } from '../../src/config/schema.js';
import { startTestGateway, type TestGateway } from '../../src/testing.js';
import { connectParams, TestClient } from '../edge/support/client.js';
import { logIn, register, type TestAgent } from '../support/agent.js';
import type { Reply } from '../support/plane.js';

/** One of two gateways that know each other; each has its own process state, folder, CA and port. */
export class Domain {
  readonly issuer: string;
  readonly folder: string;
  readonly #config: GatewayConfigInput;
  readonly #others: readonly string[];
  #network: TestGateway | undefined;
  #port = 0;

  constructor(issuer: string, config: GatewayConfigInput = {}, others: readonly string[] = []) {
    this.issuer = issuer;
    this.#others = others;
    this.folder = mkdtempSync(join(tmpdir(), 'aun-federation-'));
    this.#config = config;
  }

  get network(): TestGateway {
    if (this.#network === undefined) throw new Error(`${this.issuer} is down`);
    return this.#network;
  }

  get origin(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get rootFile(): string {
    return join(this.folder, 'root.crt');
  }

  get url(): string {
    return `ws://127.0.0.1:${this.network.gateway.ports.http}/aun`;
  }

  async start(federation: GatewayConfigInput['federation'] = {}): Promise<void> {
    this.#network = await startTestGateway({
      issuers: [this.issuer, ...this.#others],
      dataDir: this.folder,
      config: {
        ...this.#config,
        listen: { port: this.#port, httpPort: 0 },
        federation: { ...federation, ...this.#config.federation },
      },
    });
    this.#port = this.#network.httpsPort;
  }

  async stop(): Promise<void> {
    await this.#network?.stop();
    this.#network = undefined;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async call(method: string, params: Record<string, unknown>): Promise<Reply> {
    const client = await TestClient.open(this.url);
    try {
      return await client.call(method, params);
    } finally {
      client.cut();
    }
  }

  agent(name: string): Promise<TestAgent> {
    return register((method, params) => this.call(method, params), `${name}.${this.issuer}`);
  }

  async connect(agent: TestAgent, device = 'd-1', kind: 'long' | 'short' = 'long'): Promise<TestClient> {
    const tokens = await logIn((method, params) => this.call(method, params), agent);
    const client = await TestClient.open(this.url);
    const auth = { method: 'kite_token', token: String(tokens.access_token) };
    await client.call('auth.connect', { ...connectParams(client, agent.aid, { device, kind }), auth });
    return client;
  }

  async metric(line: string): Promise<number> {
    const http = `http://127.0.0.1:${this.network.gateway.ports.http}/metrics`;
    const text = await (await fetch(http)).text();
    return Number(
      text
        .split('\n')
        .find((each) => each.startsWith(line))
        ?.split(' ')
        .at(-1) ?? 0,
    );
  }
}

export interface Two {
  readonly a: Domain;
  readonly b: Domain;
  /** Starts one of them again with what it knew. */
  revive(domain: Domain): Promise<void>;
  close(): Promise<void>;
}

/** `a.localhost` and `b.localhost`, each told where the other is and which root it has. */
export const twoDomains = async (
  configA: GatewayConfigInput = {},
  configB: GatewayConfigInput = {},
): Promise<Two> => {
  const a = new Domain('a.localhost', configA);
  const b = new Domain('b.localhost', configB);
  // The first start makes root certificates and finds ports.
  for (const domain of [a, b]) {
    await domain.start();
    await domain.stop();
  }
  const peerOf = (other: Domain) => ({
    peers: { [other.issuer]: { url: other.origin, roots: [other.rootFile] } },
  });
  const revive = (domain: Domain) => domain.start(peerOf(domain === a ? b : a));
  await revive(a);
  await revive(b);
  return {
    a,
    b,
    revive,
    async close() {
      await a.stop();
      await b.stop();
      a.remove();
      b.remove();
    },
  };
};

const DEADLINE_MS = 20_000;

/** Looks again until it holds. */
export const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const end = Date.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
