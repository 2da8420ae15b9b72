import { afterAll, beforeAll, vi } from 'vitest';
import type { AID, AIDStoreOptions, AUNClient, ReceivedMessage } from '../../src/index.js';
import { ok, TestNetwork, until } from '../support/network.js';

export type Actor = {
  readonly name: string;
  readonly aid: AID;
  readonly client: AUNClient;
  readonly got: ReceivedMessage[];
  /** Sends a text; `options` are further params. */
  readonly say: (to: Actor, text: string, options?: object) => ReturnType<AUNClient['message']['send']>;
  /** Waits until the application was handed this text. */
  readonly hears: (text: string) => Promise<ReceivedMessage>;
  readonly texts: () => string[];
};

/** A network for one file, and agents with fresh AIDs: "N" and "O" of 04 §25. */
export const cast = () => {
  // For hanging only: whole agents are made in every test.
  vi.setConfig({ testTimeout: 60_000 });
  let network: TestNetwork;
  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  const actor = (aid: AID): Actor => {
    const client = network.client(aid);
    const got: ReceivedMessage[] = [];
    client.on('message.received', (message) => void got.push(message));
    const find = (text: string) => got.find(({ payload }) => String(payload.text).startsWith(text));
    return {
      name: aid.aid,
      aid,
      client,
      got,
      say: (to, text, options = {}) => client.message.send({ to: to.name, payload: { text }, ...options }),
      hears: async (text) => {
        await until(() => find(text) !== undefined, `${aid.aid} hears "${text}"`);
        const message = find(text);
        if (message === undefined) throw new Error(text);
        return message;
      },
      texts: () => got.map(({ payload }) => String(payload.text)),
    };
  };

  const absent = async (prefix: string, storeOptions: Partial<AIDStoreOptions> = {}): Promise<Actor> =>
    actor((await network.identity(prefix, storeOptions)).aid);

  const connected = async (
    prefix: string,
    options: object = {},
    storeOptions: Partial<AIDStoreOptions> = {},
  ): Promise<Actor> => {
    const who = await absent(prefix, storeOptions);
    await who.client.connect(options);
    return who;
  };

  return {
    network: () => network,
    absent,
    connected,
    both: () => Promise.all([connected('nora'), connected('otto')]),
    /** Another client for the same identity on the same device. */
    beside: async ({ aid }: Actor, slotId?: string): Promise<Actor> => {
      const store = await network.store({
        aunPath: aid.aunPath,
        ...(slotId === undefined ? {} : { slotId }),
      });
      return actor(ok(store.load(aid.aid)).aid);
    },
    /** The same identity on a device of its own. */
    device: async ({ aid }: Actor, deviceId: string): Promise<Actor> => {
      const store = await network.store({ aunPath: aid.aunPath, deviceId });
      return actor(ok(store.load(aid.aid)).aid);
    },
  };
};

/** Everything that was on its way when it was called has arrived: a message to and fro after it has. */
export const settled = async (a: Actor, b: Actor): Promise<void> => {
  const mark = `mark ${Math.random()}`;
  await a.say(b, mark);
  await b.hears(mark);
};
