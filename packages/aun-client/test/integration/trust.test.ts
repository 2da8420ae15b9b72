import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorCodes } from 'aun-core';
import { createRootCa } from 'aun-pki/issue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, collect, okAsync, TestNetwork, until } from '../support/network.js';

describe('trust lists', () => {
  let network: TestNetwork;
  let authorityPem: string;

  beforeAll(async () => {
    network = await TestNetwork.start({ issuers: ['first.localhost', 'second.localhost'] });
    authorityPem = readFileSync(join(network.gateway.dataDir, 'ca', 'authority.crt'), 'utf8');
  });
  afterAll(() => network.stop());

  const mirror = () => `https://pki.first.localhost:${network.gateway.discoveryPort}/trust-root.json`;

  it('imports a list signed by the given authority, and says whether it is new', async () => {
    const store = await network.store();
    expect(await okAsync(store.trust.refresh({ url: mirror(), authorityPem }))).toEqual({
      updated: true,
      count: 2,
    });
    expect(await okAsync(store.trust.refresh({ url: mirror(), authorityPem }))).toEqual({
      updated: false,
      count: 2,
    });
  });

  it('takes no key out of the list itself, and none of a stranger', async () => {
    const store = await network.store();
    expect(codeOf(await store.trust.refresh({ url: mirror() }))).toBe(ErrorCodes.TRUST_ROOTS_INVALID);
    const stranger = (await createRootCa({ commonName: 'Stranger' })).certificate.pem;
    const refused = await store.trust.refresh({ url: mirror(), authorityPem: stranger });
    expect(codeOf(refused)).toBe(ErrorCodes.TRUST_ROOTS_INVALID);
    if (!refused.ok) expect(refused.error.message).toContain('does not verify');
  });

  it('imports the root of an issuer only when a list names it', async () => {
    const store = await network.store();
    expect(codeOf(await store.trust.updateIssuer('second.localhost'))).toBe(ErrorCodes.TRUST_ROOTS_INVALID);
    await okAsync(store.trust.refresh({ url: mirror(), authorityPem }));
    expect(await okAsync(store.trust.updateIssuer('second.localhost'))).toMatchObject({ updated: true });
  });

  it('lets agents of two issuers with two roots talk to each other', async () => {
    const store = await network.store();
    const other = await network.store();
    await okAsync(store.register('nora.first.localhost'));
    await okAsync(other.register('omar.second.localhost'));
    const [nora, omar] = [store.load('nora.first.localhost'), other.load('omar.second.localhost')];
    if (!nora.ok || !omar.ok) throw new Error('not loaded');
    const [from, to] = [network.client(nora.data.aid), network.client(omar.data.aid)];
    const received = collect(to);
    await Promise.all([from.connect(), to.connect()]);
    await from.call('message.send', { to: 'omar.second.localhost', payload: { text: 'across' } });
    await until(() => received.texts.length === 1, 'the message');
    expect(received.texts).toEqual(['across']);
  });
});
