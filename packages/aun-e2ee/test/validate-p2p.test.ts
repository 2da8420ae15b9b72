import { describe, expect, it } from 'vitest';
import { recipientsDigest, sortRecipients } from '../src/index.js';
import { checkP2PCoverage, type P2PContext, sharedBodyText, validateP2PEnvelope } from '../src/validate.js';
import { deep } from './arbitrary.js';
import { auditor, flip, ivo, type Mutable, mutable, NOW, noor, p2pEnvelope } from './fixtures.js';

const context: P2PContext = {
  callerAid: ivo.aid,
  deviceId: ivo.deviceId,
  to: noor.aid,
  now: NOW,
  auditAids: [auditor.aid],
};
const DAY = 24 * 60 * 60 * 1000;
const rowsOf = (e: Mutable) => e.recipients as string[][];
const aadOf = (e: Mutable) => e.aad as Mutable;
const redigest = (e: Mutable) => {
  e.recipients_digest = recipientsDigest(rowsOf(e));
};

/** Each check of 04 §5.2 with its code and field, from a real envelope changed for it. */
const cases: readonly [
  check: number,
  code: number,
  field: string,
  name: string,
  change: (e: Mutable) => unknown,
][] = [
  [1, -33020, 'payload.type', 'an older envelope', (e) => Object.assign(e, { version: '1' })],
  [1, -33020, 'payload.type', 'a group envelope', (e) => Object.assign(e, { type: 'e2ee.group_encrypted' })],
  [2, -32602, 'payload.suite', 'another suite', (e) => Object.assign(e, { suite: 'X' })],
  [
    2,
    -32602,
    'payload.aad.suite',
    'another suite in the aad',
    (e) => Object.assign(aadOf(e), { suite: 'X' }),
  ],
  [3, -32602, 'payload.aad', 'no aad', (e) => Object.assign(e, { aad: null })],
  [3, -32602, 'payload.aad.from', 'another sender', (e) => Object.assign(aadOf(e), { from: noor.aid })],
  [
    3,
    -32602,
    'payload.aad.from_device',
    'another device',
    (e) => Object.assign(aadOf(e), { from_device: 'x' }),
  ],
  [3, -32602, 'payload.aad.to', 'another addressee', (e) => Object.assign(aadOf(e), { to: ivo.aid })],
  [3, -32602, 'payload.aad.message_id', 'no id', (e) => Object.assign(aadOf(e), { message_id: '' })],
  [
    3,
    -32602,
    'payload.aad.message_id',
    'a long id',
    (e) => Object.assign(aadOf(e), { message_id: 'm'.repeat(129) }),
  ],
  [4, -32602, 'payload.aad.timestamp', 'text as time', (e) => Object.assign(aadOf(e), { timestamp: '1' })],
  [
    4,
    -32602,
    'payload.aad.timestamp',
    'too old',
    (e) => Object.assign(aadOf(e), { timestamp: NOW - DAY - 1 }),
  ],
  [4, -32602, 'payload.t_send', 'from the future', (e) => Object.assign(e, { t_send: NOW + 301_000 })],
  [5, -32602, 'payload.tag', 'no tag', (e) => Object.assign(e, { tag: '' })],
  [5, -32602, 'payload.msg_type', 'a supplement', (e) => Object.assign(e, { msg_type: 'supplement' })],
  [6, -32602, 'payload.recipients', 'no rows', (e) => Object.assign(e, { recipients: [] })],
  [6, -32602, 'payload.recipients[0]', 'seven columns', (e) => rowsOf(e)[0]?.pop()],
  [
    6,
    -32602,
    'payload.recipients[2]',
    'a peer row for somebody else',
    (e) => rowsOf(e)[2]?.splice(0, 1, 'z.a.b'),
  ],
  [
    6,
    -32602,
    'payload.recipients[1]',
    'self_sync of somebody else',
    (e) => rowsOf(e)[1]?.splice(0, 1, 'j.a.b'),
  ],
  [6, -32602, 'payload.recipients[2]', 'a group role', (e) => rowsOf(e)[2]?.splice(2, 1, 'member')],
  [
    6,
    -33050,
    'payload.recipients[0]',
    'an auditor nobody configured',
    (e) => rowsOf(e)[0]?.splice(0, 1, 'aa.a.b'),
  ],
  [6, -32602, 'payload.recipients[2]', 'a per-AID row with a prekey', (e) => rowsOf(e)[2]?.splice(1, 1, '')],
  [6, -32602, 'payload.recipients[1]', 'unsorted rows', (e) => rowsOf(e).reverse()],
  [
    6,
    -32602,
    'payload.recipients[1]',
    'a repeated row',
    (e) => rowsOf(e).splice(1, 0, [...(rowsOf(e)[0] ?? [])]),
  ],
  [7, -32602, 'payload.recipients_digest', 'fewer rows than the digest covers', (e) => rowsOf(e).pop()],
];

describe('04 §5.2: a P2P envelope is refused for the stated reason', () => {
  for (const [check, code, field, name, change] of cases) {
    it(`check ${check} -> ${code} ${field}: ${name}`, () => {
      const envelope = mutable(p2pEnvelope());
      change(envelope);
      expect(validateP2PEnvelope(envelope, context)).toMatchObject({ ok: false, error: { code, field } });
    });
  }

  it('the window names t_send', () => {
    const envelope = mutable(p2pEnvelope());
    aadOf(envelope).timestamp = 1;
    const verdict = validateP2PEnvelope(envelope, context);
    expect(verdict.ok ? '' : verdict.error.message).toContain('t_send');
  });

  it('the legacy refusal names the required protocol', () => {
    expect(validateP2PEnvelope({ type: 'e2ee.encrypted' }, context)).toMatchObject({
      error: {
        message: expect.stringContaining('E2EE_VERSION_UNSUPPORTED'),
        data: { required_protocol: 'e2ee_v2' },
      },
    });
  });

  it('gives rows, id and proofs for storing', () => {
    const envelope = p2pEnvelope();
    const verdict = validateP2PEnvelope(envelope, context);
    expect(verdict).toMatchObject({ ok: true, data: { messageId: envelope.aad.message_id, timestamp: NOW } });
    expect(verdict.ok && verdict.data.tree.root).toBe(envelope.recipients_digest);
  });

  it('accepts what only receivers judge: random signature, keys and ciphertext, missing and extra members', () => {
    const envelope = mutable(p2pEnvelope());
    for (const name of ['ciphertext', 'tag', 'sender_signature', 'sender_session_pk'])
      envelope[name] = 'random!';
    for (const name of ['t_supplement', 't_server', 'protected_headers', 't_send']) delete envelope[name];
    Object.assign(envelope, { extra: 1, sender_cert_fingerprint: 'x' });
    for (const row of rowsOf(envelope)) row[4] = 'sha256:0';
    redigest(envelope);
    expect(validateP2PEnvelope(envelope, context).ok).toBe(true);
  });

  it('what it accepts can be stored as text, so nesting has a limit', () => {
    const nested = (levels: number) => Object.assign(mutable(p2pEnvelope()), { extra: deep(levels) });
    const stored = sharedBodyText(nested(1000) as never);
    expect(validateP2PEnvelope(nested(1000), context).ok).toBe(true);
    expect(JSON.parse(stored)).toHaveProperty('extra');
    for (const levels of [1001, 50_000]) {
      expect(validateP2PEnvelope(nested(levels), context)).toMatchObject({
        error: { code: -32602, field: 'payload.extra' },
      });
    }
  });

  it('accepts an upper-case digest and a message to oneself', () => {
    const envelope = mutable(p2pEnvelope());
    envelope.recipients_digest = String(envelope.recipients_digest).toUpperCase();
    expect(validateP2PEnvelope(envelope, context).ok).toBe(true);
    const rows = [[ivo.aid, '', 'peer', 'aid_master', 'f', '', 'AAAA', 'AAAA']];
    const self = Object.assign(mutable(p2pEnvelope()), { recipients: rows });
    aadOf(self).to = ivo.aid;
    redigest(self);
    expect(validateP2PEnvelope(self, { ...context, to: ivo.aid }).ok).toBe(true);
  });

  it('accepts 512 rows and refuses 513', () => {
    const rows = (count: number) =>
      sortRecipients(
        Array.from({ length: count }, (_, i) => [
          noor.aid,
          `d${i}`,
          'peer',
          'aid_master',
          'f',
          '',
          'AAAA',
          'AAAA',
        ]),
      );
    for (const [count, ok] of [
      [512, true],
      [513, false],
    ] as const) {
      const envelope = Object.assign(mutable(p2pEnvelope()), { recipients: rows(count) });
      redigest(envelope);
      expect(validateP2PEnvelope(envelope, context).ok).toBe(ok);
    }
  });
});

describe('03 §7: the stored body', () => {
  it('leaves out members that are undefined', () => {
    const text = sharedBodyText({ a: 1 }, { agent_md: undefined } as never);
    expect(JSON.parse(text)).toEqual({ a: 1 });
  });
});

describe('04 §5.2 checks 8-10: coverage', () => {
  const { recipients: rows } = p2pEnvelope();
  const coverage = { to: noor.aid, rows, activeDevices: [noor.deviceId], auditAids: [auditor.aid] };

  it('passes when every active device and auditor has a row; self_sync rows may be missing', () => {
    expect(checkP2PCoverage(coverage).ok).toBe(true);
    const without = rows.filter(([, , role]) => role !== 'self_sync');
    expect(checkP2PCoverage({ ...coverage, rows: without }).ok).toBe(true);
  });

  it('8: a device without row -> -33050', () => {
    const verdict = checkP2PCoverage({ ...coverage, activeDevices: [noor.deviceId, 'new'] });
    expect(verdict).toMatchObject({
      error: { code: -33050, data: { missing_devices: [{ aid: noor.aid, device_id: 'new' }] } },
    });
  });

  it('8: one row for the AID covers every device', () => {
    const wide = [[noor.aid, '', 'peer', 'aid_master', 'f', '', 'n', 'k']] as never;
    expect(checkP2PCoverage({ to: noor.aid, rows: wide, activeDevices: ['a', 'b'] })).toMatchObject({
      ok: true,
    });
  });

  it('9: an auditor without row -> -33050', () => {
    const verdict = checkP2PCoverage({ ...coverage, auditAids: ['other.a.b'] });
    expect(verdict).toMatchObject({ error: { code: -33050, data: { missing_aids: ['other.a.b'] } } });
  });

  it('10: a row for an unknown device is ignored, unless none is left -> -33011', () => {
    const extra = [...rows, [noor.aid, 'gone', 'peer', 'aid_master', 'f', '', 'n', 'k']] as never;
    const verdict = checkP2PCoverage({ ...coverage, rows: extra });
    expect(verdict.ok && [...verdict.data.ignored]).toEqual([3]);
    expect(checkP2PCoverage({ ...coverage, activeDevices: [] })).toMatchObject({ error: { code: -33011 } });
  });

  it('a flipped wrap changes the digest, so rows cannot be exchanged in storage', () => {
    const changed = rows.map((row, i) => (i === 0 ? [...row.slice(0, 7), flip(row[7])] : row));
    expect(recipientsDigest(changed)).not.toBe(recipientsDigest(rows));
  });
});
