import { E2EEError } from 'aun-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encryptGroup, encryptP2P, openEnvelope } from '../src/index.js';
import { auditor, GROUP, ivo, keysOf, noor, targetFor } from './fixtures.js';

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
