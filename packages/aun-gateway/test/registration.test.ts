import { PrivateKey } from 'aun-crypto';
import { parseCertificate, verifyChain } from 'aun-pki';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generatePrivateKey } from '../src/ca/custody/generate.js';
import { publicKeyText, register } from './support/agent.js';
import { openPlane, type Plane, refusal } from './support/plane.js';

let plane: Plane;
beforeEach(async () => {
  plane = await openPlane();
});
afterEach(() => plane.close());

const create = (aid: string, key = PrivateKey.generate()) =>
  plane.call('auth.create_aid', { aid, public_key: publicKeyText(key), curve: 'P-256' });

describe('auth.create_aid (01 §8.1)', () => {
  it('issues a certificate for exactly this key and name that chains to the root', async () => {
    const key = PrivateKey.generate();
    const created = await create('alice.example.test', key);
    const cert = parseCertificate(String(created.cert));
    if (!cert.ok) throw new Error(cert.error.message);
    expect(created).toMatchObject({ aid: 'alice.example.test', curve: 'P-256', created: true });
    expect(cert.data.subjectCommonName).toBe('alice.example.test');
    expect(cert.data.spkiDer).toEqual(key.publicKey.spki);
    expect(Number.parseInt(cert.data.serialHex.slice(0, 2), 16)).toBeGreaterThanOrEqual(0x10);
    expect(cert.data.serialHex).toHaveLength(32);
    const { chain, root } = plane.office.authorities.first;
    expect(verifyChain(cert.data, chain, { roots: [root], now: plane.clock.now() }).ok).toBe(true);
  });

  it('answers a repeat with the same key with the same certificate', async () => {
    const key = PrivateKey.generate();
    const first = await create('alice.example.test', key);
    const second = await create('alice.example.test', key);
    expect(second.cert).toBe(first.cert);
    expect(second.created).toBe(false);
  });

  it('refuses another key for a taken name with 4090', async () => {
    await create('alice.example.test');
    expect(await refusal(create('alice.example.test'))).toMatchObject({
      code: 4090,
      message: 'AID alice.example.test already exists',
    });
  });

  it('lets exactly one of two parallel registrations win', async () => {
    const outcomes = await Promise.allSettled([create('alice.example.test'), create('alice.example.test')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(plane.identity.store.certificates('alice.example.test')).toHaveLength(1);
  });

  it('folds the name to lower case before it is judged', async () => {
    expect(await create(' Alice.Example.TEST ')).toMatchObject({ aid: 'alice.example.test' });
  });

  it.each([
    ['abc.example.test', 'too short a name'],
    ['guest123.example.test', 'a guest'],
    ['g-abcd.example.test', 'a group prefix'],
    ['12345.example.test', 'digits only'],
    ['gateway.example.test', 'a reserved name'],
    ['nameservice.example.test', 'a reserved name'],
    ['__system__', 'the pseudo sender'],
    ['__system__.example.test', 'the pseudo sender as a name'],
    ['alice', 'no issuer'],
    ['alice.other.test', 'a foreign issuer'],
    [`${'a'.repeat(60)}.example.test`, 'more than 64 characters'],
  ])('refuses %s: %s', async (aid) => {
    expect(await refusal(create(aid))).toMatchObject({ code: -32602, data: { field: 'aid' } });
  });

  it.each([
    ['not base64!', 'no base64'],
    ['AAAA', 'no SPKI'],
    [publicKeyText(generatePrivateKey('P-384')), 'P-384'],
  ])('refuses the public key %#: %s', async (text) => {
    const call = plane.call('auth.create_aid', { aid: 'alice.example.test', public_key: text });
    const refused = await refusal(call);
    expect(refused).toMatchObject({ code: -32602, data: { field: 'public_key' } });
    expect(refused.message).toContain('invalid public_key');
  });

  it('refuses other curves and missing params', async () => {
    const params = {
      aid: 'alice.example.test',
      public_key: publicKeyText(PrivateKey.generate()),
      curve: 'P-384',
    };
    expect((await refusal(plane.call('auth.create_aid', params))).code).toBe(-32602);
    expect((await refusal(plane.call('auth.create_aid', { aid: 'alice.example.test' }))).code).toBe(-32602);
  });
});

describe('registration policy', () => {
  it('closed: refuses new names with -32004, still repeats known ones', async () => {
    const closed = await openPlane({ registration: 'closed' });
    const call = closed.call('auth.create_aid', {
      aid: 'alice.example.test',
      public_key: publicKeyText(PrivateKey.generate()),
    });
    expect(await refusal(call)).toMatchObject({ code: -32004, message: 'registration not allowed' });
    closed.close();
  });

  it('allowlist: takes only the listed names', async () => {
    const listed = await openPlane({ registration: 'allowlist', allowlist: ['alice.example.test'] });
    await register((method, params) => listed.call(method, params), 'alice.example.test');
    const other = register((method, params) => listed.call(method, params), 'mallory.example.test');
    expect((await refusal(other)).code).toBe(-32004);
    listed.close();
  });

  it('limits registrations per address with -32029 and retry_after', async () => {
    const limited = await openPlane({ rateLimits: { scale: 1, createAidPerMinute: 1, createAidBurst: 2 } });
    const one = (index: number, address: string) =>
      limited.call(
        'auth.create_aid',
        { aid: `agent${index}.example.test`, public_key: publicKeyText(PrivateKey.generate()) },
        address,
      );
    await one(1, '192.0.2.1');
    await one(2, '192.0.2.1');
    const refused = await refusal(one(3, '192.0.2.1'));
    expect(refused).toMatchObject({ code: -32029, message: 'rate limited' });
    expect((refused.data as { retry_after: number }).retry_after).toBeGreaterThan(0);
    await one(4, '192.0.2.2');
    limited.clock.advance(61);
    await one(5, '192.0.2.1');
    limited.close();
  });
});
