import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Agent, freshAid, openClient, openStore, unwrap } from '../src/agent.js';
import { ChaosProxy, TROUBLES } from '../src/chaos-proxy.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { PersistentSender } from '../src/persistent-sender.js';
import { Scope } from '../src/scope.js';
import { seeded } from '../src/seeded.js';
import { share } from '../src/soak.js';
import { until } from '../src/until.js';

const CLIENTS = Number(process.env.AUN_CHAOS_CLIENTS ?? share(10, 50));
const CHAOS_MS = Number(process.env.AUN_CHAOS_SECONDS ?? share(8, 600)) * 1_000;
const CUTS = share(5, 20);
const SEED = Number(process.env.AUN_SEED ?? 20_261_121);

/** Sockets and timers that keep this process alive. */
const openHandles = (): Record<string, number> => {
  const counts: Record<string, number> = { sockets: 0, timers: 0 };
  for (const kind of process.getActiveResourcesInfo()) {
    if (/^(TCP|TLS|HTTP)/i.test(kind)) counts.sockets = (counts.sockets ?? 0) + 1;
    if (kind === 'Timeout') counts.timers = (counts.timers ?? 0) + 1;
  }
  return counts;
};

const agentVia = async (scope: Scope, gateway: GatewayProcess, proxy: ChaosProxy): Promise<Agent> => {
  const folder = await scope.folder();
  const aid = freshAid(gateway, 'chaos');
  const gatewayUrl = gateway.url.replace(/:\d+\//, `:${proxy.port}/`);
  const store = openStore(scope, gateway, folder, { gatewayUrl });
  unwrap(await store.register(aid));
  const agent = { aid, folder, store, ...openClient(scope, store, aid) };
  await agent.client.connect();
  return agent;
};

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** Milliseconds from the loss of each client to `ready`, over several cuts of everything at once. */
const measureReconnects = async (agents: readonly Agent[], proxy: ChaosProxy): Promise<number[]> => {
  const waits: number[] = [];
  for (const { client } of agents) {
    let lostAt = 0;
    client.on('state_change', ({ from, to }) => {
      if (from === 'ready') lostAt = performance.now();
      if (to === 'ready') waits.push(performance.now() - lostAt);
    });
  }
  for (let cut = 1; cut <= CUTS; cut += 1) {
    proxy.cutAll();
    await until(`everybody is back after cut ${cut}`, () => waits.length >= cut * agents.length, 120_000);
  }
  return waits;
};

describe('a network that drops, delays, truncates and half-closes', { timeout: CHAOS_MS + 240_000 }, () => {
  it('loses, doubles and reorders nothing, and leaves nothing open', async () => {
    const outer = new Scope();
    const gateway = await GatewayProcess.start(outer);
    const before = openHandles();
    const scope = new Scope();
    try {
      const proxy = await ChaosProxy.start(gateway.port);
      scope.defer(() => proxy.close());
      const agents: Agent[] = [];
      for (let index = 0; index < CLIENTS; index += 1) agents.push(await agentVia(scope, gateway, proxy));

      const senders = agents.map((agent, index) => {
        const to = agents[(index + 1) % agents.length] ?? agent;
        return new PersistentSender(agent, to, `from ${index}:`);
      });
      const random = seeded(SEED);
      const end = Date.now() + CHAOS_MS;
      const sending = Promise.all(senders.map((sender) => sender.sendWhile(() => Date.now() < end)));
      while (Date.now() < end) {
        await delay(2_000 / CLIENTS);
        proxy.trouble(TROUBLES[Math.floor(random() * TROUBLES.length)] ?? 'drop', random());
      }
      await sending;
      await until('everybody is ready', () => agents.every(({ client }) => client.isReady), 120_000);

      for (const [index, sender] of senders.entries()) {
        const { inbox } = agents[(index + 1) % agents.length] ?? { inbox: null };
        await inbox?.holds(sender.acknowledged.length, 120_000);
        expect(inbox?.texts).toEqual(sender.acknowledged);
        expect(inbox?.undecryptable).toEqual([]);
      }
      const sent = senders.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
      const repeats = senders.reduce((sum, each) => sum + each.repeats, 0);
      expect(sent).toBeGreaterThan(CLIENTS);
      expect(Object.values(proxy.done).every((count) => count > 0)).toBe(true);

      const waits = await measureReconnects(agents, proxy);
      const [p50, p95] = [0.5, 0.95].map((share) => Math.round(percentile(waits, share)));
      console.log(
        `chaos: ${CLIENTS} clients, seed ${SEED}, ${JSON.stringify(proxy.done)}, ${sent} messages, ${repeats} repeats; ` +
          `ready after a cut: p50 ${p50} ms, p95 ${p95} ms of ${waits.length}`,
      );
    } finally {
      await scope.close();
    }
    await until(
      `nothing is left open (before: ${JSON.stringify(before)}, now: ${JSON.stringify(openHandles())})`,
      () => {
        const now = openHandles();
        return (now.sockets ?? 0) <= (before.sockets ?? 0) && (now.timers ?? 0) <= (before.timers ?? 0) + 1;
      },
      20_000,
    ).finally(() => outer.close());
  });
});
