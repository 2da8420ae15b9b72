import { writeSync } from 'node:fs';
import { openFsKeyStore } from '../../src/index.js';
import { newKeyPair, newPrekey } from '../conformance/material.js';
import { aids, counterScope, device, SEED } from './shared.js';

/** One of several processes that work on one store until the time is over; prints what it did as JSON. */
const [path = '', name = '', seconds = '1'] = process.argv.slice(2);
const end = performance.now() + Number(seconds) * 1000;
const done: Record<string, number> = { updates: 0, prekeys: 0, keys: 0, cards: 0, locks: 0 };
const count = (what: string) => {
  done[what] = (done[what] ?? 0) + 1;
};

const store = openFsKeyStore({ path, seed: SEED });
done.device = Number((await store.deviceId()) !== '');
let seq = 0;
while (performance.now() < end) {
  seq += 1;
  const aid = aids[seq % aids.length] ?? '';
  await store.updateInstanceState(aid, counterScope, (state) => ({
    ...state,
    [name]: Number(state[name] ?? 0) + 1,
    total: Number(state.total ?? 0) + 1,
  }));
  count('updates');
  await store.saveSeqs(aid, counterScope, new Map([['p2p:shared', seq]]));
  await store.savePrekey(aid, device, newPrekey('', Date.now()));
  count('prekeys');
  if (seq % 5 === 0) {
    await store.saveKeyPair(aid, newKeyPair());
    count('keys');
  }
  if (seq % 7 === 0) {
    await store.saveAgentMd(aid, {
      content: new TextEncoder().encode(`# ${name} ${seq}\n`),
      record: { [name]: seq },
    });
    count('cards');
  }
  if (seq % 11 === 0) {
    await store.lockIdentity(aid, async () => {
      const { inside } = await store.loadMetadata(aid);
      if (inside !== undefined && inside !== null) throw new Error(`two processes inside: ${String(inside)}`);
      await store.saveMetadata(aid, { inside: name });
      await store.saveMetadata(aid, { inside: undefined });
    });
    count('locks');
  }
  if ((await store.loadKeyPair(aid)) === null) throw new Error(`${aid} lost its key`);
}
await store.close();
writeSync(1, JSON.stringify(done));
