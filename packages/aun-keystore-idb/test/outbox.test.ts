import { expect, it } from 'vitest';
import { newPlatform, openStore } from './places.js';
import { rawGet, rawPut } from './raw-database.js';

const alice = 'alice.outbox.test';

it('lists an outbox entry that lost its bytes with none, and the others as they are (08, last section)', async () => {
  const platform = newPlatform();
  const store = openStore({ platform });
  const entry = (messageId: string) => ({
    messageId,
    orderKey: 'bobby.outbox.test',
    enqueuedAt: 1,
    expiresAt: null,
    attempts: 0,
    sealed: new Uint8Array([1, 2, 3]),
  });
  for (const id of ['a', 'b', 'c']) await store.enqueueOutbox(alice, entry(id));
  const second = (await rawGet(platform, 'aun-keystore-local', 'outbox', 2)) as object;
  await rawPut(platform, 'aun-keystore-local', 'outbox', { ...second, sealed: 'text' }, 2);
  const lost = { ...entry('b'), sealed: new Uint8Array(0) };
  expect(await store.listOutbox(alice)).toEqual([entry('a'), lost, entry('c')]);
  await store.touchOutbox(alice, 'b');
  await store.removeOutbox(alice, 'b');
  expect(await store.listOutbox(alice)).toEqual([entry('a'), entry('c')]);
});
