import { join } from 'node:path';
import { AIDStore, AUNClient, type Result } from 'aun-client';
import type { GatewayProcess } from './gateway-process.js';
import { inParallel } from './load.js';

export interface Agent {
  readonly aid: string;
  readonly client: AUNClient;
  readonly store: AIDStore;
}

/** One agent that writes to another; both are whole clients with their own key stores. */
export interface Pair {
  readonly from: Agent;
  readonly to: Agent;
}

export const KILOBYTE = 'Forty characters of ordinary words here. '.repeat(25).slice(0, 1_000);

const unwrap = <T>(result: Result<T>): T => {
  if (result.ok) return result.data;
  throw new Error(`${result.error.code}: ${result.error.message}`);
};

/** A registered identity in a folder of its own, not connected. */
export async function newAgent(gateway: GatewayProcess, folder: string, name: string): Promise<Agent> {
  const aid = `${name}.${gateway.issuer}`;
  const store = new AIDStore({
    aunPath: join(folder, name),
    encryptionSeed: '',
    rootCaPath: gateway.rootCaPath,
    discoveryPort: gateway.port,
  });
  unwrap(await store.register(aid));
  return { aid, store, client: new AUNClient(unwrap(store.load(aid)).aid) };
}

export async function newPairs(gateway: GatewayProcess, folder: string, count: number): Promise<Pair[]> {
  const agents = await inParallel(count * 2, 8, async (index) => {
    const agent = await newAgent(gateway, folder, `${index % 2 === 0 ? 'from' : 'to'}-${index >> 1}`);
    await agent.client.connect();
    return agent;
  });
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [agents[2 * index], agents[2 * index + 1]];
    if (from === undefined || to === undefined) throw new Error('a pair is missing');
    return { from, to };
  });
}

export async function leave({ client, store }: Agent): Promise<void> {
  await client.close();
  await store.close();
}

/** Texts of a kilobyte, sent encrypted and told apart by their number; `arrived` hears of each in the turn it arrives. */
export class Talk {
  readonly #waiting = new Map<string, () => void>();
  #sent = 0;

  constructor(pairs: readonly Pair[]) {
    for (const { to } of pairs) {
      to.client.on('message.received', ({ payload }) => {
        const { n } = payload as { readonly n?: unknown };
        this.#waiting.get(String(n))?.();
        this.#waiting.delete(String(n));
      });
    }
  }

  /** Seconds from the call to the recipient's handler. */
  async say({ from, to }: Pair): Promise<number> {
    const number = String(this.#sent++);
    const start = performance.now();
    const arrived = new Promise<number>((resolve) => {
      this.#waiting.set(number, () => resolve((performance.now() - start) / 1e3));
    });
    await from.client.call('message.send', {
      to: to.aid,
      payload: { type: 'text', n: number, text: KILOBYTE },
    });
    return arrived;
  }
}
