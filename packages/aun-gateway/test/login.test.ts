import { base64Decode, PrivateKey, utf8Encode, verifyDer } from 'aun-crypto';
import { parseCertificate, verifyChain } from 'aun-pki';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerTo, logIn, phaseOne, phaseTwo, register, sign, type TestAgent } from './support/agent.js';
import { openPlane, type Plane, type Reply, refusal } from './support/plane.js';

let plane: Plane;
let alice: TestAgent;
const call = (method: string, params: Parameters<Plane['call']>[1]) => plane.call(method, params);

beforeEach(async () => {
  plane = await openPlane();
  alice = await register(call, 'alice.example.test');
});
afterEach(() => plane.close());

const day = 86_400;
const invalidNonce = { code: -32003, message: 'aid_login2_failed: nonce invalid or expired' };

describe('auth.aid_login1 (01 §9.1)', () => {
  it('proves the server with a P-256 auth certificate over the nonce text as sent', async () => {
    const one = await phaseOne(call, alice);
    const cert = parseCertificate(String(one.auth_cert));
    if (!cert.ok) throw new Error(cert.error.message);
    const proof = base64Decode(String(one.client_nonce_signature));
    expect(verifyDer(cert.data.publicKey, utf8Encode('mX2pQh9vT0aYcN4b'), proof)).toBe(true);
    expect(cert.data.subjectCommonName).toBe('auth.example.test');
    expect(cert.data.publicKey.curve).toBe('P-256');
    const { chain, root } = plane.office.authorities.first;
    expect(verifyChain(cert.data, chain, { roots: [root], now: plane.clock.now() }).ok).toBe(true);
    expect(String(one.nonce)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('refuses unknown, foreign and suspended AIDs and certificates that are not ours', async () => {
    const stranger = { ...alice, aid: 'mallory.example.test' };
    expect(await refusal(phaseOne(call, stranger))).toMatchObject({
      code: -32001,
      message: 'AID not registered',
    });
    const foreign = { ...alice, aid: 'alice.other.test' };
    expect((await refusal(phaseOne(call, foreign))).code).toBe(-32001);
    const bob = await register(call, 'bobb.example.test');
    expect(await refusal(phaseOne(call, { ...bob, cert: alice.cert }))).toMatchObject({
      code: -32001,
      message: 'certificate not recognised',
    });
    await plane.identity.registrar.setSuspended('alice.example.test', true);
    expect(await refusal(phaseOne(call, alice))).toMatchObject({ code: -32001, message: 'AID suspended' });
  });

  it('refuses a certificate of the same name from another CA', async () => {
    const other = await openPlane();
    const forged = await register((method, params) => other.call(method, params), 'alice.example.test');
    other.close();
    expect(await refusal(phaseOne(call, { ...alice, cert: forged.cert }))).toMatchObject({
      code: -32001,
      message: 'certificate not recognised',
    });
  });

  it.each(['', 'garbage', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'refuses the malformed certificate %j with -32602',
    async (cert) => {
      expect((await refusal(phaseOne(call, { ...alice, cert }))).code).toBe(-32602);
    },
  );

  it('refuses a revoked certificate', async () => {
    const row = plane.identity.store.active(alice.aid);
    await plane.identity.registrar.revoke(row?.serial ?? '', 'keyCompromise');
    expect(await refusal(phaseOne(call, alice))).toMatchObject({
      code: -32001,
      message: 'certificate has been revoked',
    });
  });
});

describe('auth.aid_login2 (01 §9.2)', () => {
  it('answers 5000 aid_login2_failed when the store cannot write: clients log in afresh', async () => {
    const one = await phaseOne(call, alice);
    plane.db.exec('PRAGMA query_only = ON');
    expect(await refusal(phaseTwo(call, alice, one))).toMatchObject({
      code: 5000,
      message: expect.stringMatching(/^aid_login2_failed: /),
    });
    plane.db.exec('PRAGMA query_only = OFF');
    expect(await logIn(call, alice)).toMatchObject({ status: 'ok' });
  });

  it('gives tokens for a correct signature', async () => {
    const two = await logIn(call, alice);
    expect(two).toMatchObject({ status: 'ok', aid: alice.aid, expires_in: 3600 });
    expect(two.token).toBe(two.access_token);
    expect(String(two.refresh_token)).toMatch(/^rt_[\w-]{43}$/);
    expect(two).not.toHaveProperty('new_cert');
  });

  it.each(['1767225601', '1767225601.0168571', 'anything'])('signs client_time %s verbatim', async (time) => {
    expect(await phaseTwo(call, alice, await phaseOne(call, alice), time)).toMatchObject({ status: 'ok' });
  });

  it.each(['1767225601', '1767225601.0', '1767225601.50', '1.767225601e9', '12345678901234567890'])(
    'signs client_time as the number %s as it is written on the wire',
    async (time) => {
      const one = await phaseOne(call, alice);
      const signature = sign(alice.key, `${String(one.nonce)}:${time}`);
      const text = JSON.stringify({ ...answerTo(alice, one), signature });
      expect(
        await plane.callText('auth.login2', text.replace('{', `{ "client_time" : ${time} ,`)),
      ).toMatchObject({ status: 'ok' });
    },
  );

  it('takes no other spelling of the number than the one on the wire', async () => {
    const one = await phaseOne(call, alice);
    const params = {
      ...answerTo(alice, one),
      client_time: 1767225601,
      signature: sign(alice.key, `${String(one.nonce)}:1767225601.0`),
    };
    expect((await refusal(plane.call('auth.login2', params))).code).toBe(-32003);
  });

  it.each(['auth.aid_login2', 'auth.renew_cert', 'auth.rekey'])(
    'uses the nonce up in %s with malformed params too',
    async (method) => {
      for (const odd of [{}, { signature: 5 }, { aid: 7 }, { nonce: null }]) {
        const one = await phaseOne(call, alice);
        const params = { request_id: String(one.request_id), ...odd };
        expect((await refusal(plane.call(method, params))).code).toBe(-32602);
        expect(await refusal(phaseTwo(call, alice, one))).toMatchObject(invalidNonce);
      }
    },
  );

  it('refuses a wrong signature, and the nonce is gone then', async () => {
    const one = await phaseOne(call, alice);
    const mallory = { ...alice, key: PrivateKey.generate() };
    expect(await refusal(phaseTwo(call, mallory, one))).toMatchObject({
      code: -32003,
      message: 'signature verification failed',
    });
    expect(await refusal(phaseTwo(call, alice, one))).toMatchObject(invalidNonce);
  });

  it.each(['AAAA', 'no base64!', 'MEUCIQ=='])('refuses the malformed signature %s', async (signature) => {
    const one = await phaseOne(call, alice);
    const two = plane.call('auth.aid_login2', { ...answerTo(alice, one), client_time: '1', signature });
    expect((await refusal(two)).code).toBe(-32003);
  });

  it('uses a nonce once, also when two answers arrive together', async () => {
    const one = await phaseOne(call, alice);
    const outcomes = await Promise.allSettled([phaseTwo(call, alice, one), phaseTwo(call, alice, one)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('forgets a nonce after its lifetime', async () => {
    const one = await phaseOne(call, alice);
    plane.clock.advance(61);
    expect(await refusal(phaseTwo(call, alice, one))).toMatchObject(invalidNonce);
  });

  it.each<[string, (one: Reply) => Reply]>([
    ['request id', (one) => ({ ...one, request_id: 'req-unknown' })],
    ['nonce', (one) => ({ ...one, nonce: '0'.repeat(32) })],
  ])('refuses another %s', async (_what, change) => {
    expect(await refusal(phaseTwo(call, alice, change(await phaseOne(call, alice))))).toMatchObject(
      invalidNonce,
    );
  });

  it('refuses the nonce of another AID', async () => {
    const bob = await register(call, 'bobb.example.test');
    expect(await refusal(phaseTwo(call, bob, await phaseOne(call, alice)))).toMatchObject(invalidNonce);
  });

  it('keeps at most 32 pending logins per AID and drops the oldest', async () => {
    const first = await phaseOne(call, alice);
    const rest: Reply[] = [];
    for (let index = 0; index < 32; index += 1) rest.push(await phaseOne(call, alice));
    expect(await refusal(phaseTwo(call, alice, first))).toMatchObject(invalidNonce);
    expect(await phaseTwo(call, alice, rest[0] ?? {})).toMatchObject({ status: 'ok' });
  });

  it('lets an expired certificate into phase 1 but not through phase 2', async () => {
    plane.clock.advance(731 * day);
    const one = await phaseOne(call, alice);
    expect(await refusal(phaseTwo(call, alice, one))).toMatchObject({
      code: -32001,
      message: 'certificate expired',
    });
  });

  it('renews a certificate past its half life and tells older holders about the newest', async () => {
    plane.clock.advance(366 * day);
    const two = await logIn(call, alice);
    const renewed = parseCertificate(String(two.new_cert));
    if (!renewed.ok) throw new Error(renewed.error.message);
    expect(renewed.data.spkiDer).toEqual(alice.key.publicKey.spki);
    expect(two.active_cert).toBe(two.new_cert);
    const again = await logIn(call, alice);
    expect(again.new_cert).toBe(two.new_cert);
    expect(await logIn(call, { ...alice, cert: String(two.new_cert) })).not.toHaveProperty('new_cert');
  });

  it('pauses an AID and address after ten failures in five minutes', async () => {
    plane.close();
    plane = await openPlane({ rateLimits: { scale: 1 } });
    alice = await register(call, 'alice.example.test');
    const mallory = { ...alice, key: PrivateKey.generate() };
    for (let index = 0; index < 10; index += 1) {
      expect((await refusal(logIn(call, mallory))).code).toBe(-32003);
    }
    expect(await refusal(logIn(call, alice))).toMatchObject({ code: -32029, message: 'rate limited' });
    plane.clock.advance(61);
    expect(await logIn(call, alice)).toMatchObject({ status: 'ok' });
  });

  it('writes an audit line without secrets for success and refusal', async () => {
    const two = await logIn(call, alice);
    await refusal(logIn(call, { ...alice, key: PrivateKey.generate() }));
    const logins = plane.audited.filter(({ event }) => event === 'login');
    expect(logins.map(({ outcome }) => outcome)).toEqual(['ok', 'refused']);
    expect(JSON.stringify(plane.audited)).not.toContain(String(two.refresh_token));
  });
});
