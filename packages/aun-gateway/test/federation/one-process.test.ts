import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../../src/config/schema.js';
import { register } from '../support/agent.js';
import { Domain } from './two-domains.js';

let domain: Domain;
afterEach(async () => {
  await domain?.stop();
  domain?.remove();
});

const open = async (federation: GatewayConfigInput['federation']) => {
  domain = new Domain('a.localhost', { federation }, ['b.localhost']);
  await domain.start();
  const call = (method: string, params: Record<string, unknown>) => domain.call(method, params);
  const alice = await domain.agent('alice');
  const bob = await register(call, 'bobby.b.localhost');
  return { alice: await domain.connect(alice), bob: await domain.connect(bob), to: bob.aid };
};

describe('two issuers in one process', () => {
  it('need no way between them', async () => {
    const { alice, bob, to } = await open({});
    const sent = await alice.call('message.send', { to, payload: { text: 'next door' } });
    expect(sent).toMatchObject({ status: 'delivered', cross_domain: true, target_issuer: 'b.localhost' });
    await bob.event('event/message.received');
  });

  it('are kept apart by the deny list all the same', async () => {
    const { alice, to } = await open({ deny: ['b.localhost'] });
    expect((await alice.refused('message.send', { to, payload: { text: 'x' } })).code).toBe(-32012);
  });

  it('are limited like any two domains', async () => {
    const { alice, to } = await open({ aidRate: 0.001, aidBurst: 1 });
    await alice.call('message.send', { to, payload: { text: 'x' } });
    expect((await alice.refused('message.send', { to, payload: { text: 'x' } })).code).toBe(-32029);
  });
});
