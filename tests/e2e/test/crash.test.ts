import { describe, expect, it } from 'vitest';
import { type Agent, connected, newAgent, say } from '../src/agent.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { PersistentSender } from '../src/persistent-sender.js';
import { testScope } from '../src/scope.js';
import { share } from '../src/soak.js';
import { until } from '../src/until.js';

const KILLS = share(5, 50);

const ready = (agent: Agent): Promise<void> =>
  until('the client is ready again', () => agent.client.isReady, 60_000);

const ascending = (seqs: readonly number[]): boolean =>
  seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] ?? 0));

describe('a gateway that is killed (SIGKILL) and started again on its folder and port', () => {
  it('delivers what it acknowledged before and after, once and in order', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const nora = await connected(scope, gateway, 'nora');
    const otto = await connected(scope, gateway, 'otto');
    const before = await say(nora, otto, 'before');
    await gateway.kill();
    await gateway.revive();
    await Promise.all([ready(nora), ready(otto)]);
    const after = await say(nora, otto, 'after');
    await otto.inbox.has('after');
    expect(otto.inbox.texts).toEqual(['before', 'after']);
    expect(otto.inbox.seqs).toEqual([1, 2]);
    expect(otto.inbox.messages.map(({ message_id }) => message_id)).toEqual([
      before.message_id,
      after.message_id,
    ]);
  });

  it('keeps what nobody has fetched yet', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const nora = await connected(scope, gateway, 'nora');
    const otto = await connected(scope, gateway, 'otto');
    await otto.client.disconnect();
    await say(nora, otto, 'first, while Otto is away');
    await say(nora, otto, 'second, while Otto is away');
    await gateway.kill();
    await gateway.revive();
    await otto.client.connect();
    await ready(nora);
    await say(nora, otto, 'third, when Otto is back');
    await otto.inbox.holds(3);
    expect(otto.inbox.texts.map((text) => text.split(',')[0])).toEqual(['first', 'second', 'third']);
    expect(otto.inbox.seqs).toEqual([1, 2, 3]);
  });

  it('answers a repeated send of an acknowledged message as a duplicate', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const nora = await connected(scope, gateway, 'nora');
    const otto = await connected(scope, gateway, 'otto');
    await say(nora, otto, 'once', 'the-only-one');
    await gateway.kill();
    await gateway.revive();
    await Promise.all([ready(nora), ready(otto)]);
    expect((await say(nora, otto, 'once', 'the-only-one')).status).toBe('duplicate');
    await say(nora, otto, 'next');
    await otto.inbox.has('next');
    expect(otto.inbox.texts).toEqual(['once', 'next']);
  });

  it(
    `loses, doubles and reorders nothing in ${KILLS} kills under streams of sends`,
    async () => {
      const scope = testScope();
      const gateway = await GatewayProcess.start(scope);
      const otto = await connected(scope, gateway, 'otto');
      const senders = await Promise.all(
        ['red', 'green', 'blue'].map(
          async (name) => new PersistentSender(await connected(scope, gateway, name), otto, name),
        ),
      );
      const total = () => senders.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);

      let killing = true;
      const streams = senders.map((sender) => sender.sendWhile(() => killing));
      for (let kill = 0; kill < KILLS; kill += 1) {
        const enough = total() + 10 + 7 * (kill % 5);
        await until('the streams flow', () => total() >= enough, 60_000);
        await gateway.kill();
        await gateway.revive();
      }
      killing = false;
      await Promise.all(streams);
      await Promise.all(senders.map((sender) => sender.sendNext()));

      await otto.inbox.holds(total(), 60_000);
      for (const sender of senders) {
        const received = otto.inbox.messages.filter(({ from }) => from === sender.aid);
        expect(received.map(({ payload }) => payload.text)).toEqual(sender.acknowledged);
        expect(ascending(received.map(({ seq }) => seq))).toBe(true);
      }
      expect(otto.inbox.messages).toHaveLength(total());
      expect(new Set(otto.inbox.seqs).size).toBe(total());
      expect(otto.inbox.undecryptable).toEqual([]);
      expect(otto.inbox.plaintext).toEqual([]);
      // Unless sends were really cut off, this proved nothing.
      expect(senders.reduce((sum, { repeats }) => sum + repeats, 0)).toBeGreaterThan(0);
    },
    share(180_000, 1_800_000),
  );

  it('delivers a burst that was acknowledged a moment before the kill', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const nora = await connected(scope, gateway, 'nora');
    const otto = await newAgent(scope, gateway, 'otto');
    await otto.client.connect();
    await otto.client.disconnect();
    await say(nora, otto, 'warm');
    const texts = Array.from({ length: 40 }, (_, index) => `burst ${index}`);
    const acknowledged = new Set<string>(['warm']);
    const settled = Promise.allSettled(
      texts.map(async (text) => {
        await say(nora, otto, text);
        acknowledged.add(text);
      }),
    );
    await until('half of the burst is acknowledged', () => acknowledged.size > 20);
    await gateway.kill();
    await settled;
    await gateway.revive();
    await otto.client.connect();
    await until('everything acknowledged is there', () =>
      [...acknowledged].every((text) => otto.inbox.texts.includes(text)),
    );
    expect(new Set(otto.inbox.texts).size).toBe(otto.inbox.texts.length);
    expect(ascending(otto.inbox.seqs)).toBe(true);
  });
});
