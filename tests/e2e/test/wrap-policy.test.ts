import type { AUNClient } from 'aun-client';
import { expect, it } from 'vitest';
import { connected, say } from '../src/agent.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { testScope } from '../src/scope.js';
import { secondDevice } from '../src/second-device.js';
import { until } from '../src/until.js';

interface Bootstrap {
  readonly e2ee_wrap_policy: { readonly protocol: string; readonly scope: string };
  readonly peer_devices: readonly { readonly device_id: string; readonly spk_id?: string }[];
}

const capabilities = {
  version: 'v2.1',
  protocols: ['1DH', '3DH'],
  scopes: ['aid', 'device'],
  per_aid_wrap: true,
  per_device_wrap: true,
};

const bootstrap = (client: AUNClient, peerAid: string): Promise<Bootstrap> =>
  client.call<Bootstrap & Record<string, never>>('message.v2.bootstrap', {
    peer_aid: peerAid,
    e2ee_wrap_capabilities: capabilities,
  });

it('wraps for the identity unless the operator says otherwise', async () => {
  const scope = testScope();
  const gateway = await GatewayProcess.start(scope);
  const [nora, otto] = await Promise.all([connected(scope, gateway), connected(scope, gateway)]);
  const answer = await bootstrap(nora.client, otto.aid);
  expect(answer.e2ee_wrap_policy).toMatchObject({ protocol: '1DH', scope: 'aid' });
  expect(answer.peer_devices.every(({ spk_id }) => spk_id === undefined)).toBe(true);
});

it('wraps for every device with its prekey where the operator wants that, and every message uses up a prekey', async () => {
  const scope = testScope();
  const gateway = await GatewayProcess.start(scope, { limits: { wrapPolicy: '3DH/device' } });
  const nora = await connected(scope, gateway, 'nora');
  const phone = await connected(scope, gateway, 'otto');
  const laptop = await secondDevice(scope, gateway, phone);
  await laptop.client.connect();

  const prekeys = async (): Promise<string[]> => {
    const { peer_devices } = await bootstrap(nora.client, phone.aid);
    return peer_devices.map(({ spk_id }) => spk_id ?? '').sort();
  };
  const answer = await bootstrap(nora.client, phone.aid);
  expect(answer.e2ee_wrap_policy).toMatchObject({ protocol: '3DH', scope: 'device' });
  await until('both devices have published a prekey', async () => {
    const published = await prekeys();
    return published.length === 2 && published.every((id) => id !== '');
  });

  const seen = new Set<string>();
  for (const text of ['one', 'two', 'three']) {
    const before = await prekeys();
    for (const id of before) seen.add(id);
    nora.client.e2ee.invalidatePrekeyCache(phone.aid);
    await say(nora, phone, text);
    await Promise.all([phone.inbox.has(text), laptop.inbox.has(text)]);
    await until('both devices have rotated their prekey', async () => {
      const now = await prekeys();
      return now.length === 2 && now.every((id) => !before.includes(id));
    });
  }
  expect(seen.size).toBe(6);
  for (const { inbox } of [phone, laptop]) {
    expect(inbox.texts).toEqual(['one', 'two', 'three']);
    expect(inbox.undecryptable).toEqual([]);
    expect(inbox.plaintext).toEqual([]);
  }
});

it('still reads what was wrapped for a prekey that has been rotated meanwhile', async () => {
  const scope = testScope();
  const gateway = await GatewayProcess.start(scope, { limits: { wrapPolicy: '3DH/device' } });
  const nora = await connected(scope, gateway, 'nora');
  const otto = await connected(scope, gateway, 'otto');
  await say(nora, otto, 'with the first prekey');
  await otto.inbox.has('with the first prekey');
  // Nora keeps what she looked up, so these are all wrapped for the same prekey as the first.
  await otto.client.disconnect();
  for (const text of ['second', 'third', 'fourth']) await say(nora, otto, text);
  await otto.client.connect();
  await otto.inbox.holds(4);
  expect(otto.inbox.texts).toEqual(['with the first prekey', 'second', 'third', 'fourth']);
  expect(otto.inbox.undecryptable).toEqual([]);
});
