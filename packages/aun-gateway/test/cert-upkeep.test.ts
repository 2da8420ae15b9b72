import { PrivateKey } from 'aun-crypto';
import { parseCertificate } from 'aun-pki';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  answerTo,
  logIn,
  phaseOne,
  phaseTwo,
  publicKeyText,
  register,
  sign,
  type TestAgent,
} from './support/agent.js';
import { openPlane, type Plane, type Reply, refusal } from './support/plane.js';

let plane: Plane;
let alice: TestAgent;
const call = (method: string, params: Parameters<Plane['call']>[1]) => plane.call(method, params);
const day = 86_400;

beforeEach(async () => {
  plane = await openPlane();
  alice = await register(call, 'alice.example.test');
});
afterEach(() => plane.close());

const renew = (agent: TestAgent, one: Reply) =>
  plane.call('auth.renew_cert', { ...answerTo(agent, one), signature: sign(agent.key, String(one.nonce)) });

const rekey = (agent: TestAgent, one: Reply, key: PrivateKey, signer = agent.key) =>
  plane.call('auth.rekey', {
    ...answerTo(agent, one),
    new_public_key: publicKeyText(key),
    signature: sign(signer, `${String(one.nonce)}${publicKeyText(key)}`),
  });

describe('auth.renew_cert (01 §12.1)', () => {
  it('issues a new serial for the same key; the old certificate still logs in', async () => {
    const renewed = await renew(alice, await phaseOne(call, alice));
    const cert = parseCertificate(String(renewed.cert));
    if (!cert.ok) throw new Error(cert.error.message);
    expect(renewed.status).toBe('renewed');
    expect(cert.data.spkiDer).toEqual(alice.key.publicKey.spki);
    expect(cert.data.pem).not.toBe(alice.cert);
    expect(await logIn(call, alice)).toMatchObject({ status: 'ok', new_cert: renewed.cert });
    expect(
      plane.identity.directory.certificateByFingerprint(alice.aid, fingerprint(alice.cert)),
    ).not.toBeNull();
  });

  it('works up to 90 days after expiry', async () => {
    plane.clock.advance(790 * day);
    const renewed = await renew(alice, await phaseOne(call, alice));
    expect(await logIn(call, { ...alice, cert: String(renewed.cert) })).toMatchObject({ status: 'ok' });
  });

  it('refuses later, with a wrong signature, and a nonce that was used', async () => {
    const one = await phaseOne(call, alice);
    const mallory = { ...alice, key: PrivateKey.generate() };
    expect(await refusal(renew(mallory, one))).toMatchObject({ code: -32003 });
    expect(await refusal(renew(alice, one))).toMatchObject({ code: -32003 });
    plane.clock.advance(821 * day);
    expect(await refusal(renew(alice, await phaseOne(call, alice)))).toMatchObject({
      code: -32002,
      message: 'renewal grace period exceeded',
    });
  });

  it('tells an agent whose certificate was revoked since phase 1', async () => {
    const one = await phaseOne(call, alice);
    await plane.identity.registrar.revoke(
      plane.identity.store.active(alice.aid)?.serial ?? '',
      'keyCompromise',
    );
    expect((await refusal(renew(alice, one))).code).toBe(-32050);
  });
});

describe('auth.rekey (01 §12.2)', () => {
  it('hands over to the new key; the old one cannot log in any more', async () => {
    const tokens = await logIn(call, alice);
    const rekeyed: string[] = [];
    plane.identity.events.on('rekeyed', (aid) => rekeyed.push(aid));
    const key = PrivateKey.generate();
    const answer = await rekey(alice, await phaseOne(call, alice), key);
    expect(answer.status).toBe('rekeyed');
    expect(rekeyed).toEqual([alice.aid]);
    expect(await logIn(call, { ...alice, key, cert: String(answer.cert) })).toMatchObject({ status: 'ok' });
    expect(await refusal(phaseOne(call, alice))).toMatchObject({
      code: -32001,
      message: 'certificate superseded',
    });
    expect(plane.identity.directory.certificateByFingerprint(alice.aid, fingerprint(alice.cert))).toBeNull();
    const refreshed = await plane.call('auth.refresh_token', { refresh_token: String(tokens.refresh_token) });
    expect(refreshed).toMatchObject({ success: false, relogin_required: true });
    const access = await plane.identity.accessTokens.verifyAccessToken(
      String(tokens.access_token),
      plane.clock.now(),
    );
    expect(access.ok).toBe(true);
  });

  it('ends the certificates of the old key that were renewed before, too', async () => {
    const renewed = { ...alice, cert: String((await renew(alice, await phaseOne(call, alice))).cert) };
    expect(await logIn(call, alice)).toMatchObject({ status: 'ok' });
    const early = await phaseOne(call, alice);
    await rekey(renewed, await phaseOne(call, renewed), PrivateKey.generate());
    for (const old of [alice, renewed]) {
      expect(await refusal(phaseOne(call, old))).toMatchObject({
        code: -32001,
        message: 'certificate superseded',
      });
      expect(plane.identity.directory.certificateByFingerprint(old.aid, fingerprint(old.cert))).toBeNull();
      expect(plane.identity.directory.publishedByFingerprint(old.aid, fingerprint(old.cert))).toBeDefined();
    }
    expect((await refusal(phaseTwo(call, alice, early))).message).toBe('certificate superseded');
  });

  it('leaves no way in with renewed certificates of a key that was revoked', async () => {
    await renew(alice, await phaseOne(call, alice));
    await plane.identity.registrar.revoke(
      plane.identity.store.active(alice.aid)?.serial ?? '',
      'keyCompromise',
    );
    expect((await refusal(phaseOne(call, alice))).code).toBe(-32001);
  });

  it('answers a repeat with the same new key with the same certificate', async () => {
    const [first, second] = [await phaseOne(call, alice), await phaseOne(call, alice)];
    const key = PrivateKey.generate();
    const one = await rekey(alice, first, key);
    expect((await rekey(alice, second, key)).cert).toBe(one.cert);
  });

  it('refuses a signature of the new key, keys of others, and wrong curves', async () => {
    const key = PrivateKey.generate();
    expect((await refusal(rekey(alice, await phaseOne(call, alice), key, key))).code).toBe(-32003);
    const bob = await register(call, 'bobb.example.test');
    expect(await refusal(rekey(alice, await phaseOne(call, alice), bob.key))).toMatchObject({
      code: -32602,
      data: { field: 'new_public_key' },
    });
  });

  it('gives two parallel hand-overs one winner', async () => {
    const [first, second] = [await phaseOne(call, alice), await phaseOne(call, alice)];
    const outcomes = await Promise.allSettled([
      rekey(alice, first, PrivateKey.generate()),
      rekey(alice, second, PrivateKey.generate()),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const active = plane.identity.store
      .certificates(alice.aid)
      .filter(({ state }) => state === 'active_signing');
    expect(active).toHaveLength(1);
  });

  it('limits upkeep to ten per AID and hour', async () => {
    plane.close();
    plane = await openPlane({ rateLimits: { scale: 1 } });
    alice = await register(call, 'alice.example.test');
    for (let index = 0; index < 10; index += 1) await renew(alice, await phaseOne(call, alice));
    expect((await refusal(renew(alice, await phaseOne(call, alice)))).code).toBe(-32029);
  });
});

describe('auth.download_cert (01 §12.3)', () => {
  it('finds agent, CA and root certificates by serial in any spelling', async () => {
    const serial = plane.identity.store.active(alice.aid)?.serial ?? '';
    expect(await plane.call('auth.download_cert', { cert_sn: `0x00${serial.toUpperCase()}` })).toMatchObject({
      cert: alice.cert,
    });
    const root = await plane.call('auth.download_cert', { cert_sn: 'root' });
    expect(root.cert).toBe(plane.office.authorities.first.root.pem);
    expect(root.cert_chain).toHaveLength(3);
    expect((await refusal(plane.call('auth.download_cert', { cert_sn: '1234' }))).code).toBe(-32008);
  });
});

const fingerprint = (pem: string): string => {
  const parsed = parseCertificate(pem);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.data.fingerprint;
};
