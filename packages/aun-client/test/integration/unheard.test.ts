import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AUNClient } from '../../src/index.js';
import { TestNetwork, until } from '../support/network.js';

describe('messages and those who listen', () => {
  let network: TestNetwork;

  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  const pair = async () => {
    const [n, o] = await Promise.all([network.identity('nora'), network.identity('omar')]);
    const [nora, omar] = [network.client(n.aid), network.client(o.aid)];
    await Promise.all([nora.connect(), omar.connect()]);
    const say = (text: string) => nora.call('message.send', { to: o.aid.aid, payload: { text } });
    return { nora, omar, say, omarAid: o.aid, store: o.store };
  };

  const textOf = (message: { payload: unknown }): string => (message.payload as { text: string }).text;

  /** Everything that was pushed to the client before has arrived there. */
  const settled = (client: AUNClient): Promise<unknown> => client.call('meta.ping', {});

  it('a pull returns what came while nobody listened, once [04 §25.1, 3]', async () => {
    const { omar, say } = await pair();
    for (const text of ['one', 'two']) await say(text);
    await settled(omar);
    expect((await omar.message.pull()).messages.map(textOf)).toEqual(['one', 'two']);
    expect((await omar.message.pull()).messages).toEqual([]);
  });

  it('the first listener gets what came before it, in order, and a pull nothing of it', async () => {
    const { omar, say } = await pair();
    for (const text of ['one', 'two']) await say(text);
    await settled(omar);
    const heard: string[] = [];
    omar.on('message.received', (message) => void heard.push(textOf(message)));
    await say('three');
    await until(() => heard.length >= 3, 'all messages');
    expect(heard).toEqual(['one', 'two', 'three']);
    expect((await omar.message.pull()).messages).toEqual([]);
  });

  it('after close() no handler runs, and the next start goes on where the last handler was', async () => {
    const { omar, say, omarAid } = await pair();
    await omar.disconnect();
    const texts = Array.from({ length: 12 }, (_, i) => `m${i}`);
    for (const text of texts) await say(text);
    const heard: string[] = [];
    omar.on('message.received', async (message) => {
      heard.push(textOf(message));
      if (heard.length === 5) await omar.close();
    });
    await omar.connect();
    await until(() => omar.state === 'closed', 'the end');
    expect(heard).toEqual(texts.slice(0, 5));
    const again = network.client(omarAid);
    again.on('message.received', (message) => void heard.push(textOf(message)));
    await again.connect();
    await until(() => heard.length >= 12, 'the rest');
    expect(heard).toEqual(texts);
  });
});
