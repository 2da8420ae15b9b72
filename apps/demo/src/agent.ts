import { AIDStore, AUNClient, type Result } from 'aun-client';
import { DemoError } from './explain.js';
import type { GatewayProcess } from './gateway-process.js';
import type { Timeline } from './timeline.js';

export interface Agent {
  readonly name: string;
  readonly aid: string;
  readonly store: AIDStore;
  readonly client: AUNClient;
  close(): Promise<void>;
}

/** Gives an agent a name, a key, a certificate and a published card, all in a folder of its own. */
export async function createAgent(
  name: string,
  gateway: GatewayProcess,
  folder: string,
  timeline: Timeline,
): Promise<Agent> {
  const aid = `${name}.${gateway.issuer}`;
  const store = new AIDStore({
    aunPath: folder,
    encryptionSeed: `${name}'s own secret`,
    rootCaPath: gateway.rootCaPath,
    discoveryPort: gateway.port,
    verifySsl: true,
  });

  await timeline.timed(`${name} registers ${aid}`, async () => unwrap(await store.register(aid)));
  const identity = unwrap(store.load(aid)).aid;
  const client = new AUNClient(identity);
  await timeline.timed(`${name} publishes a signed card`, async () =>
    unwrap(await store.uploadAgentMd(aid, card(aid, name))),
  );

  return {
    name,
    aid,
    store,
    client,
    async close() {
      await client.close();
      store.close();
    },
  };
}

/** Fetches the other agent's certificate and card and insists that both verify. */
export async function meet(self: Agent, other: Agent, timeline: Timeline): Promise<void> {
  await timeline.timed(`${self.name} resolves ${other.name} and verifies the card`, async () => {
    const found = unwrap(await self.store.resolve(other.aid));
    const status = found.agent_md?.verification.status;
    if (status !== 'verified') throw new DemoError(`the card of ${other.aid} is ${status}, not verified`);
  });
}

export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.data;
  throw new DemoError(`${result.error.message} (${result.error.code})`);
}

function card(aid: string, name: string): string {
  return `---
aid: "${aid}"
name: "${name}"
type: "assistant"
version: "1.0.0"
description: "One of the two agents of the demo"
tags: [demo]
---

# ${name}

I answer what I am told.
`;
}
