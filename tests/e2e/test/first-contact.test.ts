import { expect, it } from 'vitest';
import { newAgent, say } from '../src/agent.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { fileScope, Scope } from '../src/scope.js';
import { share } from '../src/soak.js';
import { storedTexts } from '../src/stored.js';

const PAIRS = share(50, 500);
const PAIRS_WITH_PREKEYS = share(10, 500);
const AT_ONCE = 5;

const scope = fileScope();

/** Two agents who never met connect and write at once, both in the same moment. */
const meet = async (gateway: GatewayProcess, pair: number): Promise<void> => {
  const own = new Scope();
  try {
    const [nora, otto] = await Promise.all([newAgent(own, gateway, 'nora'), newAgent(own, gateway, 'otto')]);
    await Promise.all([nora.client.connect(), otto.client.connect()]);
    const texts = ['first', 'second', 'third'].map((word) => `${word} words of pair ${pair}`);
    const speak = async (from: typeof nora, to: typeof nora) => {
      for (const text of texts) await say(from, to, text);
    };
    await Promise.all([speak(nora, otto), speak(otto, nora)]);
    await Promise.all([nora.inbox.holds(3), otto.inbox.holds(3)]);
    for (const { inbox } of [nora, otto]) {
      expect(inbox.texts).toEqual(texts);
      expect(inbox.undecryptable).toEqual([]);
      expect(inbox.plaintext).toEqual([]);
    }
  } finally {
    await own.close();
  }
};

const meetAll = async (gateway: GatewayProcess, count: number): Promise<void> => {
  for (let first = 0; first < count; first += AT_ONCE) {
    const pairs = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => first + index);
    await Promise.all(pairs.map((pair) => meet(gateway, pair)));
  }
  const everything = Array.from({ length: count }, (_, pair) => `words of pair ${pair}`);
  expect(storedTexts(gateway.dataDir, everything)).toEqual([]);
};

const deadline = share(120_000, 1_800_000);

it(
  `lets ${PAIRS} fresh pairs talk encrypted the moment they are connected`,
  async () => meetAll(await GatewayProcess.start(scope), PAIRS),
  deadline,
);

it(
  `does so too where the operator wants device prekeys (3DH/device)`,
  async () =>
    meetAll(await GatewayProcess.start(scope, { limits: { wrapPolicy: '3DH/device' } }), PAIRS_WITH_PREKEYS),
  deadline,
);

it('encrypts to somebody who connected once and never again', async () => {
  const gateway = await GatewayProcess.start(scope);
  const [nora, otto] = await Promise.all([newAgent(scope, gateway), newAgent(scope, gateway)]);
  await nora.client.connect();
  await expect(say(nora, otto, 'too early')).rejects.toThrow(/no devices|bootstrap/);
  await otto.client.connect({ connection_kind: 'short' });
  await otto.client.disconnect();
  await say(nora, otto, 'now there is a device');
  await otto.client.connect();
  await otto.inbox.has('now there is a device');
  expect(otto.inbox.texts).toEqual(['now there is a device']);
  expect(otto.inbox.plaintext).toEqual([]);
});
