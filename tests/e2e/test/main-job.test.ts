import { expect, it } from 'vitest';
import { freshAid, newAgent, openClient, openStore, say, unwrap } from '../src/agent.js';
import { card } from '../src/card.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { testScope } from '../src/scope.js';
import { storedTexts } from '../src/stored.js';
import { until } from '../src/until.js';

it('gives two agents an identity and a card, and carries their encrypted messages, also to the one who was away', async () => {
  const scope = testScope();
  const gateway = await GatewayProcess.start(scope);
  const nora = await newAgent(scope, gateway, 'nora');
  const otto = await newAgent(scope, gateway, 'otto');

  for (const { store, aid } of [nora, otto]) unwrap(await store.uploadAgentMd(aid, card(aid)));
  const found = unwrap(await nora.store.resolve(otto.aid));
  expect(found.agent_md?.verification.status).toBe('verified');
  expect(found.aid.aid).toBe(otto.aid);
  expect(unwrap(await otto.store.fetchAgentMd(nora.aid)).verification.status).toBe('verified');

  await Promise.all([nora.client.connect(), otto.client.connect()]);
  const question = await say(nora, otto, 'a question for Otto');
  expect(question.status).toBe('delivered');
  await otto.inbox.has('a question for Otto');
  await say(otto, nora, 'an answer for Nora');
  await nora.inbox.has('an answer for Nora');

  await otto.client.disconnect();
  await until('the gateway knows that Otto is away', async () => {
    const { online } = await nora.client.call('message.query_online', { aids: [otto.aid] });
    return online[otto.aid] === false;
  });
  const missed = await say(nora, otto, 'sent while Otto was away');
  expect(missed.status).toBe('sent');
  await otto.client.connect();
  await say(nora, otto, 'sent when Otto was back');
  await otto.inbox.holds(3);

  expect(otto.inbox.texts).toEqual([
    'a question for Otto',
    'sent while Otto was away',
    'sent when Otto was back',
  ]);
  expect(otto.inbox.seqs).toEqual([1, 2, 3]);
  expect([...otto.inbox.plaintext, ...nora.inbox.plaintext]).toEqual([]);
  expect(otto.inbox.messages[0]).toMatchObject({
    from: nora.aid,
    to: otto.aid,
    message_id: question.message_id,
  });

  const ids = otto.inbox.messages.map(({ message_id }) => message_id);
  expect(storedTexts(gateway.dataDir, ids)).toEqual(ids);
  expect(storedTexts(gateway.dataDir, [...otto.inbox.texts, ...nora.inbox.texts])).toEqual([]);
});

it('says which identities exist, and finds one again in its folder', async () => {
  const scope = testScope();
  const gateway = await GatewayProcess.start(scope);
  const folder = await scope.folder();
  const store = openStore(scope, gateway, folder);
  const aid = freshAid(gateway);

  expect(store.load(aid)).toMatchObject({ ok: false, error: { code: 'CERT_NOT_FOUND' } });
  expect(unwrap(await store.exists(aid)).exists).toBe(false);
  unwrap(await store.register(aid));
  unwrap(await store.register(aid));
  expect(unwrap(await store.exists(aid)).exists).toBe(true);

  const again = openStore(scope, gateway, folder);
  expect(unwrap(again.list()).identities.map((identity) => identity.aid)).toEqual([aid]);
  await openClient(scope, again, aid).client.connect();

  const stranger = openStore(scope, gateway, await scope.folder());
  expect(await stranger.register(aid)).toMatchObject({ ok: false, error: { code: 'IDENTITY_CONFLICT' } });
  expect(unwrap(stranger.list()).identities).toEqual([]);
});

it('loads another identity into a client that was closed, and keeps its subscriptions', async () => {
  const scope = testScope();
  const gateway = await GatewayProcess.start(scope);
  const second = await newAgent(scope, gateway, 'second');
  const first = await newAgent(scope, gateway, 'first');
  const friend = await newAgent(scope, gateway, 'friend');
  await Promise.all([first.client.connect(), friend.client.connect()]);
  await first.client.close();
  expect(first.client.state).toBe('closed');

  first.client.loadIdentity(unwrap(second.store.load(second.aid)).aid);
  await first.client.connect();
  await say(friend, second, 'for the second one');
  await first.inbox.has('for the second one');
  expect(first.client.aid).toBe(second.aid);
});

it('goes offline, signs a card without a network, and comes back', async () => {
  const scope = testScope();
  const gateway = await GatewayProcess.start(scope);
  const { aid, client, store } = await newAgent(scope, gateway);
  await client.connect();
  await client.disconnect();
  expect(client.state).toBe('standby');
  const signed = client.currentAid?.signAgentMd(card(aid));
  expect(signed?.ok).toBe(true);

  await client.authenticate();
  expect(client.state).toBe('authenticated');
  await client.publishAgentMd(card(aid));
  await client.connect();
  expect(unwrap(await store.fetchAgentMd(aid)).verification.status).toBe('verified');
});
