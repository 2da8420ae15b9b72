import { describe, expect, it } from 'vitest';
import { connected, newAgent, say } from '../src/agent.js';
import { federated } from '../src/federated.js';
import { PersistentSender } from '../src/persistent-sender.js';
import { testScope } from '../src/scope.js';
import { share } from '../src/soak.js';
import { Trail } from '../src/trail.js';
import { until } from '../src/until.js';

const KILLS = share(1, 30);

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index + 1}`);

describe('agents of two issuers, each at its own gateway', () => {
  it('exchange encrypted messages both ways', async () => {
    const scope = testScope();
    const { a, b, network } = await federated(scope);
    const nora = await connected(scope, network(a), 'nora');
    const otto = await connected(scope, network(b), 'otto');
    const there = await say(nora, otto, 'from A to B');
    expect(there).toMatchObject({ cross_domain: true, target_issuer: 'b.localhost' });
    await otto.inbox.has('from A to B');
    await say(otto, nora, 'from B to A');
    await nora.inbox.has('from B to A');
    expect([...otto.inbox.plaintext, ...nora.inbox.plaintext]).toEqual([]);
    expect([...otto.inbox.undecryptable, ...nora.inbox.undecryptable]).toEqual([]);
  });

  it('lose nothing while one gateway is down: delivered in order, once, when it is back', async () => {
    const scope = testScope();
    const { a, b, network } = await federated(scope);
    const nora = await connected(scope, network(a), 'nora');
    const otto = await connected(scope, network(b), 'otto');
    const trail = new Trail(nora.client);
    await say(nora, otto, 'note 1');
    await otto.inbox.has('note 1');
    await b.kill();
    for (const text of numbered('note', 25).slice(1)) {
      expect((await say(nora, otto, text)).status).toBe('sent');
    }
    expect(await a.metric('aun_federation_waiting')).toBe(24);
    await b.revive();
    await otto.inbox.holds(25, 90_000);
    expect(otto.inbox.texts).toEqual(numbered('note', 25));
    expect(trail.states).toEqual(['ready']);
    expect(await a.metric('aun_federation_waiting')).toBe(0);
  });

  it('lose nothing when both gateways are down after the answer', async () => {
    const scope = testScope();
    const { a, b, network } = await federated(scope);
    const nora = await connected(scope, network(a), 'nora');
    const otto = await newAgent(scope, network(b), 'otto');
    await otto.client.connect();
    await say(nora, otto, 'first');
    await otto.inbox.has('first');
    await b.kill();
    await say(nora, otto, 'second');
    await a.kill();
    await a.revive();
    await b.revive();
    await otto.inbox.has('second');
    expect(otto.inbox.texts).toEqual(['first', 'second']);
  });
});

describe('gateways that are killed (SIGKILL) under load', () => {
  for (const victim of ['b', 'a'] as const) {
    it(
      `gateway ${victim}: acknowledged messages arrive once and in order through ${KILLS} kill(s)`,
      async () => {
        const scope = testScope();
        const pair = await federated(scope);
        const { a, b, network } = pair;
        const otto = await connected(scope, network(b), 'otto');
        const senders = await Promise.all(
          ['red', 'green'].map(
            async (name) => new PersistentSender(await connected(scope, network(a), name), otto, name),
          ),
        );
        const total = () => senders.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
        await Promise.all(senders.map((sender) => sender.sendNext()));
        let killing = true;
        const streams = senders.map((sender) => sender.sendWhile(() => killing));
        for (let kill = 0; kill < KILLS; kill += 1) {
          const enough = total() + 8 + 5 * (kill % 4);
          await until('the streams flow', () => total() >= enough, 60_000);
          await pair[victim].kill();
          await pair[victim].revive();
        }
        killing = false;
        await Promise.all(streams);
        await Promise.all(senders.map((sender) => sender.sendNext()));
        await otto.inbox.holds(total(), 90_000).catch((error: Error) => {
          throw new Error(`${error.message}; ${JSON.stringify(otto.inbox.undecryptable).slice(0, 1000)}`);
        });
        for (const sender of senders) {
          const received = otto.inbox.messages.filter(({ from }) => from === sender.aid);
          expect(received.map(({ payload }) => payload.text)).toEqual(sender.acknowledged);
        }
        expect(otto.inbox.messages).toHaveLength(total());
      },
      30_000 + KILLS * 45_000,
    );
  }
});
