import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renewAuthSigner } from '../src/ca/renew-auth-signer.js';
import { loadConfig } from '../src/config/load.js';
import { logIn, register, type TestAgent } from './support/agent.js';
import { openPlane, type Plane, type Reply } from './support/plane.js';

let plane: Plane;
let alice: TestAgent;
let tokens: Reply;
const call = (method: string, params: Parameters<Plane['call']>[1]) => plane.call(method, params);
const refresh = (token: unknown, more = {}) =>
  plane.call('auth.refresh_token', { refresh_token: String(token), sdk_lang: 'typescript', ...more });
const verify = (token: unknown) =>
  plane.identity.accessTokens.verifyAccessToken(String(token), plane.clock.now());
const relogin = { success: false, error: 'invalid_or_expired_refresh_token', relogin_required: true };

beforeEach(async () => {
  plane = await openPlane();
  alice = await register(call, 'alice.example.test');
  tokens = await logIn(call, alice);
});
afterEach(() => plane.close());

describe('access tokens (01 §11.1)', () => {
  it('are ES256 JWTs of the auth service', async () => {
    const header = decodeProtectedHeader(String(tokens.access_token));
    const payload = decodeJwt(String(tokens.access_token));
    expect(header).toEqual({
      alg: 'ES256',
      typ: 'JWT',
      kid: plane.office.authorities.first.auth.cert.serialHex,
    });
    expect(payload).toMatchObject({ aid: alice.aid, sub: alice.aid, iss: 'auth.example.test', aud: 'aun' });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(3600);
    expect(await verify(tokens.access_token)).toMatchObject({
      ok: true,
      identity: { aid: alice.aid, tokenId: payload.jti },
    });
  });

  it('differ at every login, also within one second', async () => {
    expect((await logIn(call, alice)).access_token).not.toBe(tokens.access_token);
  });

  it('end after an hour', async () => {
    plane.clock.advance(3606);
    expect(await verify(tokens.access_token)).toEqual({ ok: false, reason: 'token expired' });
  });

  it('are refused when changed, foreign, malformed or withdrawn', async () => {
    const text = String(tokens.access_token);
    const [head = '', body = '', signature = ''] = text.split('.');
    const flipped = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    for (const bad of [flipped, none, '', 'a.b.c', 'x'.repeat(5000), `${head}.${body}`]) {
      expect((await verify(bad)).ok).toBe(false);
    }
    const other = await openPlane();
    const verdict = await other.identity.accessTokens.verifyAccessToken(text, plane.clock.now());
    other.close();
    expect(verdict).toEqual({ ok: false, reason: 'token signed by an unknown key' });
    plane.identity.accessTokens.revoke(String(decodeJwt(text).jti), 2_000_000_000);
    expect(await verify(text)).toEqual({ ok: false, reason: 'token withdrawn' });
  });

  it('end with the suspension of the AID', async () => {
    await plane.identity.registrar.setSuspended(alice.aid, true);
    expect(await verify(tokens.access_token)).toEqual({ ok: false, reason: 'AID not active' });
  });

  it('survive a new auth key, and new ones are signed with it', async () => {
    const authority = plane.office.authorities.first;
    const before = authority.auth.cert.serialHex;
    const config = loadConfig({ overrides: { dataDir: plane.dataDir, issuers: ['example.test'] } });
    await renewAuthSigner(config, authority, plane.clock, true);
    expect((await verify(tokens.access_token)).ok).toBe(true);
    const fresh = await logIn(call, alice);
    expect(decodeProtectedHeader(String(fresh.access_token)).kid).not.toBe(before);
    expect((await verify(fresh.access_token)).ok).toBe(true);
    const reopened = await openPlane({}, { dataDir: plane.dataDir, clock: plane.clock });
    expect(
      (await reopened.identity.accessTokens.verifyAccessToken(String(tokens.access_token), plane.clock.now()))
        .ok,
    ).toBe(true);
    reopened.close();
  });
});

describe('auth.refresh_token (01 §11.2, §11.3)', () => {
  it('rotates the pair', async () => {
    const next = await refresh(tokens.refresh_token, { aid: alice.aid });
    expect(next).toMatchObject({
      success: true,
      aid: alice.aid,
      expires_in: 3600,
      refresh_count: 1,
      relogin_required: false,
    });
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    expect(next.access_token).not.toBe(tokens.access_token);
    expect((await verify(next.access_token)).ok).toBe(true);
  });

  it('still takes the previous token for 60 s, later refuses it without ending the family', async () => {
    const next = await refresh(tokens.refresh_token);
    plane.clock.advance(59);
    const sibling = await refresh(tokens.refresh_token);
    expect(sibling.success).toBe(true);
    plane.clock.advance(2);
    expect(await refresh(tokens.refresh_token)).toMatchObject(relogin);
    expect((await refresh(next.refresh_token)).success).toBe(true);
    expect((await refresh(sibling.refresh_token)).success).toBe(true);
  });

  it('refuses unknown, foreign, expired and missing tokens as results', async () => {
    expect(await refresh('rt_unknown')).toMatchObject(relogin);
    expect(await refresh(tokens.refresh_token, { aid: 'bobb.example.test' })).toMatchObject(relogin);
    expect(await plane.call('auth.refresh_token', {})).toMatchObject({
      success: false,
      error: 'missing refresh_token',
      relogin_required: true,
    });
    plane.clock.advance(7 * 86_400 + 1);
    expect(await refresh(tokens.refresh_token)).toMatchObject(relogin);
  });

  it.each(['x'.repeat(513), 'x'.repeat(100_000), '\ud800', ' ', 5, true, [], {}])(
    'answers the foreign token %.20j with a result that asks for a login',
    async (token) => {
      const answer = await plane.call('auth.refresh_token', { refresh_token: token });
      expect(answer).toMatchObject({ ...relogin, retryable: false });
    },
  );

  it.each([null, ''])('takes the token %j for a missing one', async (token) => {
    expect(await plane.call('auth.refresh_token', { refresh_token: token })).toMatchObject({
      ...relogin,
      error: 'missing refresh_token',
    });
  });

  it('compares an aid of any type, null is none', async () => {
    for (const aid of [5, {}, 'x'.repeat(600)]) {
      expect(await refresh(tokens.refresh_token, { aid })).toMatchObject(relogin);
    }
    expect(await refresh(tokens.refresh_token, { aid: null })).toMatchObject({ success: true });
  });

  it('ends a family after 30 days, however often it was refreshed', async () => {
    let current = tokens;
    for (let day = 0; day < 29; day += 1) {
      plane.clock.advance(86_400);
      current = await refresh(current.refresh_token);
      expect(current.success).toBe(true);
    }
    plane.clock.advance(86_400);
    expect(await refresh(current.refresh_token)).toMatchObject(relogin);
  });

  it('ends a family after the configured number of refreshes', async () => {
    plane.close();
    plane = await openPlane({ tokens: { refreshMax: 3 } });
    alice = await register(call, 'alice.example.test');
    let current = await logIn(call, alice);
    for (const count of [1, 2, 3]) {
      current = await refresh(current.refresh_token);
      expect(current.refresh_count).toBe(count);
    }
    expect(await refresh(current.refresh_token)).toMatchObject(relogin);
  });

  it('asks a suspended AID to log in, which fails then', async () => {
    await plane.identity.registrar.setSuspended(alice.aid, true);
    expect(await refresh(tokens.refresh_token)).toMatchObject(relogin);
  });

  it('keeps only hashes in the database', async () => {
    const { readFileSync } = await import('node:fs');
    const file = readFileSync(`${plane.dataDir}/gateway.db-wal`).toString('latin1');
    expect(file).toContain(alice.aid);
    expect(file).not.toContain(String(tokens.refresh_token).slice(3));
  });

  it('survives a restart', async () => {
    const reopened = await openPlane({}, { dataDir: plane.dataDir, clock: plane.clock });
    expect(
      await reopened.call('auth.refresh_token', { refresh_token: String(tokens.refresh_token) }),
    ).toMatchObject({ success: true });
    reopened.close();
  });
});
