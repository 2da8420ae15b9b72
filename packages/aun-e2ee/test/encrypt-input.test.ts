import { E2EEError } from 'aun-core';
import { PrivateKey } from 'aun-crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSignedPrekey,
  E2EESession,
  encryptGroup,
  encryptGroupAsync,
  encryptP2P,
  encryptP2PAsync,
  MemoryPrekeyStore,
  openEnvelope,
  prekeyRegistration,
  type Target,
} from '../src/index.js';
import { auditor, GROUP, ivo, keysOf, NOW, noor, targetFor } from './fixtures.js';

const message = { sender: ivo, targets: [targetFor(noor, 'peer', '3DH')], payload: { type: 'text' } };

/** Local code of the error a call throws. */
function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return error instanceof E2EEError ? error.localCode : `not an E2EEError: ${String(error)}`;
  }
  return 'no error';
}

describe('what a caller can get wrong is an E2EEError with a code', () => {
  const table: readonly [code: string, change: object][] = [
    ['payload_invalid', { payload: { n: 2 ** 60 } }],
    ['payload_invalid', { payload: { n: undefined } }],
    ['context_invalid', { context: { n: Number.NaN } }],
    ['timestamp_invalid', { timestamp: 1.5 }],
    ['timestamp_invalid', { timestamp: -1 }],
    ['protected_header_key_invalid', { protectedHeaders: { 'a b': 1 } }],
    ['protected_header_value_invalid', { protectedHeaders: { a: { n: 1n } } }],
    ['protected_header_key_invalid', { protectedHeaders: { _auth: 1 } }],
    ['no_peer_target', { targets: [] }],
    ['no_peer_target', { targets: [], auditTargets: [targetFor(auditor, 'audit', '1DH')] }],
  ];
  for (const [code, change] of table) {
    it(`${code}: ${Object.keys(change).join(', ')}`, () => {
      expect(codeOf(() => encryptP2P({ ...message, ...change } as never))).toBe(code);
    });
  }

  it('groups need targets and an integer epoch', () => {
    const group = { ...message, groupId: GROUP, epoch: 1 };
    expect(codeOf(() => encryptGroup({ ...group, targets: [] }))).toBe('no_group_targets');
    expect(codeOf(() => encryptGroup({ ...group, epoch: 0.5 }))).toBe('epoch_invalid');
  });
});

describe('only P-256 keys encrypt (03 §1.2)', () => {
  const otherCurve = PrivateKey.fromScalar(new Uint8Array(48).fill(1), 'P-384');
  const [target] = message.targets;

  it('sender, recipient and prekey', async () => {
    const sender = { ...ivo, identityKey: otherCurve };
    expect(codeOf(() => encryptP2P({ ...message, sender }))).toBe('sender_key_invalid');
    await expect(encryptP2PAsync({ ...message, sender })).rejects.toMatchObject({
      localCode: 'sender_key_invalid',
    });
    for (const change of [{ identityKey: otherCurve.publicKey }, { prekey: otherCurve.publicKey }]) {
      const targets = [{ ...target, ...change }] as Target[];
      expect(codeOf(() => encryptP2P({ ...message, targets }))).toBe('target_invalid');
    }
  });

  it('a prekey that is not used does not matter', () => {
    const unused = { prekey: otherCurve.publicKey, prekeyId: '' };
    expect(codeOf(() => encryptP2P({ ...message, targets: [{ ...target, ...unused }] as Target[] }))).toBe(
      'no error',
    );
  });
});

describe('any JSON value is a payload', () => {
  it('a type without text gives no payload_type', () => {
    for (const type of [{ toString: 1 }, [{ toString: 1 }], null]) {
      const envelope = encryptP2P({ ...message, payload: { type } });
      expect(envelope).not.toHaveProperty('payload_type');
      expect(openEnvelope(envelope, keysOf(noor))).toMatchObject({ ok: true, data: { payload: { type } } });
    }
    expect(encryptP2P({ ...message, payload: { type: 7 } }).payload_type).toBe('7');
  });
});

describe('an envelope is made from what the caller gave, once', () => {
  it('its context shares nothing with the caller', () => {
    const context = { nested: { b: 1 }, list: [1] };
    const envelope = encryptP2P({ ...message, context });
    context.nested.b = 2;
    context.list.push(2);
    expect(openEnvelope(envelope, keysOf(noor))).toMatchObject({
      data: { context: { nested: { b: 1 }, list: [1] } },
    });
  });

  it('changes during an asynchronous form come too late', async () => {
    const context: { [key: string]: unknown } = { a: 1 };
    const payload = { type: 'one' };
    const protectedHeaders = { 'x-a': '1' };
    const group = { ...message, context, payload, protectedHeaders, groupId: GROUP, epoch: 1 } as never;
    const pending = [encryptP2PAsync(group), encryptGroupAsync(group)];
    Object.assign(context, { a: 2, b: 1n });
    payload.type = 'two';
    protectedHeaders['x-a'] = '2';
    for (const envelope of await Promise.all(pending)) {
      expect(openEnvelope(envelope, keysOf(noor))).toMatchObject({
        data: { payload: { type: 'one' }, context: { a: 1 }, payloadType: 'one' },
      });
      expect(envelope).toMatchObject({ payload_type: 'one', protected_headers: { 'x-a': '1' } });
    }
  });
});

describe('03 §0: with injected randomness everything is reproducible', () => {
  const random = (length: number) => new Uint8Array(length).fill(7);
  const fixed = { ...message, messageId: 'm-1', timestamp: NOW };
  const same = (make: () => unknown) =>
    new Set([make(), make()].map((made) => JSON.stringify(made))).size === 1;

  it('whole envelopes, unless random nonces are asked for', () => {
    expect(same(() => encryptP2P(fixed, { random }))).toBe(true);
    expect(same(() => encryptGroup({ ...fixed, groupId: GROUP, epoch: 1 }, { random }))).toBe(true);
    expect(same(() => encryptP2P(fixed, { random, deterministic: false }))).toBe(false);
  });

  it('prekeys and their signatures', () => {
    expect(same(() => createSignedPrekey(ivo, { now: NOW, random }).registration)).toBe(true);
    expect(same(() => createSignedPrekey(ivo, { now: NOW, random, deterministic: false }).registration)).toBe(
      false,
    );
  });

  it('what a session makes', async () => {
    const registered = () => {
      const store = new MemoryPrekeyStore();
      const clock = { now: () => NOW };
      const session = new E2EESession({ ...ivo, store, clock, random, senderKeys: () => null });
      return Promise.all([session.registration(), session.encryptP2PAsync(fixed)]);
    };
    expect(await registered()).toEqual(await registered());
  });

  it('without it the platform signs, and no two signatures are alike', () => {
    const { record } = createSignedPrekey(ivo, { now: NOW });
    expect(same(() => prekeyRegistration(ivo, record, { now: NOW }))).toBe(false);
  });
});

describe('round trips', () => {
  it('any JSON payload comes back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, noUnicodeString: true } as never), (payload) => {
        const clean = JSON.parse(JSON.stringify(payload), (_, v) => (v === 0 ? 0 : v));
        if (JSON.stringify(clean).match(/e\+|\d{17}/)) return;
        const opened = openEnvelope(encryptP2P({ ...message, payload: clean }), keysOf(noor), {
          from: ivo.aid,
        });
        expect(opened.ok ? opened.data.payload : opened.error).toEqual(clean);
      }),
      { numRuns: 100 },
    );
  });

  it('two envelopes of one message share no secret-dependent member', () => {
    const [a, b] = [encryptP2P(message), encryptP2P(message)];
    for (const name of ['nonce', 'ciphertext', 'tag', 'sender_session_pk', 'recipients_digest'] as const) {
      expect(a[name]).not.toBe(b[name]);
    }
    expect(a.aad.message_id).toMatch(/^m-[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  });
});
