import { createHttpClient } from 'aun-transport';
import { afterEach, expect, it, onTestFailed, vi } from 'vitest';
import { createAgent } from '../src/agent.js';
import { attacks } from '../src/attacks.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { Neighbour } from '../src/neighbour.js';
import { Random } from '../src/random.js';

const soak = process.env.AUN_SOAK === '1';
const seed = Number(process.env.AUN_FUZZ_SEED ?? (soak ? Date.now() % 1_000_000 : 20_260_101));
const durationMs = Number(process.env.AUN_FUZZ_SECONDS ?? (soak ? 600 : 8)) * 1000;
const attackers = 4;
/** Memory may grow by caches, buffers and lazy garbage collection, not with the number of attacks. */
const mayGrowMiB = 250;

let gateway: GatewayProcess | undefined;
afterEach(() => gateway?.stop());

const openConnections = async (running: GatewayProcess): Promise<number> => {
  const http = createHttpClient({ tls: { verify: true, caPem: running.rootCaPem } });
  const { body } = await http.request({ url: `https://127.0.0.1:${running.port}/health` });
  http.close();
  return JSON.parse(new TextDecoder().decode(body)).connections;
};

it('survives hostile frames: no crash, no leak, no disturbed neighbour, a clean end', async () => {
  onTestFailed(() => console.error(`AUN_FUZZ_SEED=${seed}`));
  const running = await GatewayProcess.start();
  gateway = running;
  const neighbour = await Neighbour.connect(running, await createAgent(running, 'neighbour'));
  const agents = await Promise.all(
    Array.from({ length: attackers }, (_none, index) => createAgent(running, `attacker${index}`)),
  );
  const randoms = agents.map((_agent, index) => new Random(seed + index));
  let done = 0;
  const attackUntil = (end: number) =>
    Promise.all(
      agents.map(async (attacker, index) => {
        const random = randoms[index] ?? new Random(seed);
        while (Date.now() < end && running.running) {
          await random.pick(attacks)({ gateway: running, random, attacker });
          done += 1;
        }
      }),
    );
  await attackUntil(Date.now() + durationMs / 3);
  const warm = running.memory();
  await attackUntil(Date.now() + (durationMs * 2) / 3);

  expect(running.running).toBe(true);
  expect(neighbour.faults).toEqual([]);
  expect(neighbour.rounds).toBeGreaterThan(3);
  expect(done).toBeGreaterThan(20);
  expect(running.memory() - warm).toBeLessThan(mayGrowMiB);
  // The neighbour's is the only socket that is left.
  await vi.waitFor(async () => expect(await openConnections(running)).toBe(1), {
    timeout: 30_000,
    interval: 200,
  });
  await neighbour.leave();
  expect(await running.stop()).toEqual({ code: 0, signal: null });
  expect(running.stderr).not.toMatch(
    /unexpected|uncaught|unhandled|rpc handler failed|store failed|^\s+at /im,
  );
  console.log(`${done} attacks, ${neighbour.rounds} undisturbed rounds, memory ${Math.round(warm)} MiB`);
});
