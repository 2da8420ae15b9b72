import { describe, expect, it } from 'vitest';
import { encryptGroup, recipientsDigest } from '../src/index.js';
import {
  checkGroupCoverage,
  type GroupContext,
  validateGroupEnvelope,
  validatePrekeyUpload,
} from '../src/validate.js';
import { deep } from './arbitrary.js';
import {
  flip,
  GROUP,
  ivo,
  ivoServer,
  type Mutable,
  makeDevice,
  mutable,
  NOW,
  noor,
  targetFor,
} from './fixtures.js';

const mila = makeDevice('mila.agents.example', 'tab-7');
const context: GroupContext = {
  groupAid: GROUP,
  callerAid: ivo.aid,
  deviceId: ivo.deviceId,
  epoch: 3,
  now: NOW,
};
const build = () =>
  encryptGroup({
    sender: ivo,
    targets: [
      targetFor(noor, 'member', '3DH', 'group_device_prekey'),
      targetFor(mila, 'member', '1DH'),
      targetFor(ivoServer, 'self_sync', '1DH'),
    ],
    payload: { type: 'text' },
    timestamp: NOW,
    groupId: GROUP,
    epoch: 3,
    stateCommitment: { state_version: 2 },
  });
const rowsOf = (e: Mutable) => e.recipients as string[][];
const aadOf = (e: Mutable) => e.aad as Mutable;
const row = (e: Mutable, i: number) => rowsOf(e)[i] ?? [];

/** Each check of 05 §9.3 with its code and field, from a real envelope changed for it. Rows: ivo, mila, noor. */
const cases: readonly [
  check: number,
  code: number,
  field: string,
  name: string,
  change: (e: Mutable) => unknown,
][] = [
  [2, -32602, 'envelope.type', 'a P2P envelope', (e) => Object.assign(e, { type: 'e2ee.p2p_encrypted' })],
  [2, -32602, 'envelope.suite', 'another suite', (e) => Object.assign(e, { suite: 'X' })],
  [
    2,
    -32602,
    'envelope.aad.suite',
    'another suite in the aad',
    (e) => Object.assign(aadOf(e), { suite: 'X' }),
  ],
  [2, -32602, 'envelope.nonce', 'no nonce', (e) => Object.assign(e, { nonce: undefined })],
  [2, -32602, 'envelope.ciphertext', 'ciphertext no base64', (e) => Object.assign(e, { ciphertext: 'a' })],
  [
    2,
    -32602,
    'envelope.recipients_digest',
    'digest no hex',
    (e) => Object.assign(e, { recipients_digest: 'zz' }),
  ],
  [
    2,
    -32602,
    'envelope.extra',
    'nested beyond canonical JSON',
    (e) => Object.assign(e, { extra: deep(1001) }),
  ],
  [
    2,
    -32602,
    'envelope',
    'more than a million bytes',
    (e) => Object.assign(e, { extra: 'x'.repeat(1_000_000) }),
  ],
  [
    3,
    -32602,
    'envelope.group_id',
    'another group',
    (e) => Object.assign(e, { group_id: 'x.agents.example' }),
  ],
  [
    3,
    -32602,
    'envelope.aad.group_id',
    'another group signed',
    (e) => Object.assign(aadOf(e), { group_id: 'x.a.b' }),
  ],
  [3, -32602, 'envelope.aad.from', 'another sender', (e) => Object.assign(aadOf(e), { from: noor.aid })],
  [
    3,
    -32602,
    'envelope.aad.from_device',
    'another device',
    (e) => Object.assign(aadOf(e), { from_device: '' }),
  ],
  [3, -32602, 'envelope.aad.epoch', 'two epochs', (e) => Object.assign(aadOf(e), { epoch: 4 })],
  [
    4,
    -33052,
    'envelope.epoch',
    'an old epoch',
    (e) => [e, aadOf(e)].forEach((object) => void Object.assign(object, { epoch: 2 })),
  ],
  [5, -33057, 'envelope.aad.timestamp', 'too old', (e) => Object.assign(aadOf(e), { timestamp: 1 })],
  [6, -32602, 'envelope.recipients', 'no rows', (e) => Object.assign(e, { recipients: [] })],
  [6, -32602, 'envelope.recipients[1]', 'a P2P role', (e) => row(e, 1).splice(2, 1, 'peer')],
  [6, -32602, 'envelope.recipients[1]', 'an unknown key source', (e) => row(e, 1).splice(3, 1, 'x')],
  [
    6,
    -32602,
    'envelope.recipients[1]',
    'aid_master with a prekey',
    (e) => row(e, 1).splice(5, 1, 'sha256:1'),
  ],
  [6, -32602, 'envelope.recipients[2]', 'a prekey source without prekey', (e) => row(e, 2).splice(5, 1, '')],
  [6, -32602, 'envelope.recipients[0]', 'the sender as member', (e) => row(e, 0).splice(2, 1, 'member')],
  [6, -32602, 'envelope.recipients[1]', 'self_sync of a member', (e) => row(e, 1).splice(2, 1, 'self_sync')],
  [6, -32602, 'envelope.recipients[3]', 'a repeated row, unsorted', (e) => rowsOf(e).push([...row(e, 0)])],
  [7, -33053, 'envelope.recipients[1]', 'unsorted', (e) => rowsOf(e).reverse()],
  [
    8,
    -33051,
    'envelope.recipients_digest',
    'a wrap replaced',
    (e) => row(e, 1).splice(7, 1, flip(row(e, 1)[7])),
  ],
];

describe('05 §9.3: a group envelope is refused for the stated reason', () => {
  for (const [check, code, field, name, change] of cases) {
    it(`check ${check} -> ${code} ${field}: ${name}`, () => {
      const envelope = mutable(build());
      change(envelope);
      expect(validateGroupEnvelope(envelope, context)).toMatchObject({ ok: false, error: { code, field } });
    });
  }

  it('accepts a real one, in any spelling of the group id', () => {
    const envelope = mutable(build());
    envelope.group_id = 'group.agents.example/crew';
    const verdict = validateGroupEnvelope(envelope, context);
    expect(verdict).toMatchObject({ ok: true, data: { stateVersion: 2, timestamp: NOW } });
  });

  it('thoughts have no freshness window', () => {
    const envelope = mutable(build());
    aadOf(envelope).timestamp = 1;
    expect(validateGroupEnvelope(envelope, { ...context, checkFreshness: false }).ok).toBe(true);
  });
});

describe('05 §9.3 checks 9-13 and 16: coverage', () => {
  const { recipients: rows } = build();
  const members = new Map([
    [ivo.aid, [ivo.deviceId, ivoServer.deviceId]],
    [noor.aid, [noor.deviceId]],
    [mila.aid, [mila.deviceId]],
  ]);
  const base = { groupAid: GROUP, senderAid: ivo.aid, senderDevice: ivo.deviceId, rows, members };
  const without = (aid: string) => new Map([...members].filter(([member]) => member !== aid));

  const table: readonly [check: number, code: number, name: string, change: Partial<typeof base> & object][] =
    [
      [9, -33050, 'a row for an AID that is no member', { members: without(mila.aid) }],
      [10, -33054, 'a member without row', { members: new Map([...members, ['new.a.b', ['d']]]) }],
      [
        11,
        -33011,
        'a device that is not registered',
        { members: new Map([...members, [noor.aid, ['other']]]) },
      ],
      [11, -33012, 'a prekey that was never published', { isKnownPrekey: () => false } as never],
      [
        12,
        -33050,
        'a device without row',
        { members: new Map([...members, [noor.aid, [noor.deviceId, 'second']]]) },
      ],
      [13, -33055, 'an auditor without row', { auditAids: ['audit.a.b'] } as never],
      [16, -33054, 'a state ahead of the group', { stateVersion: 2, currentStateVersion: 1 } as never],
    ];
  for (const [check, code, name, change] of table) {
    it(`check ${check} -> ${code}: ${name}`, () => {
      expect(checkGroupCoverage({ ...base, ...change })).toMatchObject({ ok: false, error: { code } });
    });
  }

  it('accepts full coverage, members without devices, and older states', () => {
    const more = new Map([...members, ['new.a.b', []]]);
    expect(checkGroupCoverage({ ...base, members: more, stateVersion: 1, currentStateVersion: 9 }).ok).toBe(
      true,
    );
  });

  it('does not ask for self_sync rows', () => {
    const foreign = rows.filter(([aid]) => aid !== ivo.aid);
    expect(checkGroupCoverage({ ...base, rows: foreign }).ok).toBe(true);
  });
});

describe('03 §3.2: an uploaded prekey', () => {
  const params = { ...noor.row, peer_aid: noor.aid };
  const upload = {
    callerAid: noor.aid,
    kind: 'peer' as const,
    identityKey: noor.identityKey.publicKey,
    now: NOW,
  };
  const table: readonly [code: number, field: string, name: string, change: object, context?: object][] = [
    [-32004, 'peer_aid', 'of another AID', { peer_aid: ivo.aid }],
    [-32602, 'key_source', 'of a group', { key_source: 'group_device_prekey' }],
    [-32602, 'spk_pk', 'no key', { spk_pk: 'AAAA' }],
    [-32602, 'spk_id', 'another id', { spk_id: 'sha256:0123456789abcdef' }],
    [-32603, 'peer_aid', 'no certificate', {}, { identityKey: null }],
    [-32602, 'spk_timestamp', 'a fraction', { spk_timestamp: 1.5 }],
    [-32602, 'spk_timestamp', 'a leading zero', { spk_timestamp: '01' }],
    [-32602, 'spk_signature', 'a flipped signature', { spk_signature: flip(noor.row.spk_signature) }],
    [-32602, 'spk_timestamp', '11 minutes ahead', {}, { now: NOW - 660_000 }],
  ];
  for (const [code, field, name, change, context = {}] of table) {
    it(`${code} ${field}: ${name}`, () => {
      const verdict = validatePrekeyUpload({ ...params, ...change }, { ...upload, ...context });
      expect(verdict).toMatchObject({ ok: false, error: { code, field } });
    });
  }

  it('is accepted with the timestamp as integer or decimal text', () => {
    for (const spk_timestamp of [noor.row.spk_timestamp, String(noor.row.spk_timestamp)]) {
      const verdict = validatePrekeyUpload({ ...params, spk_timestamp }, upload);
      expect(verdict).toMatchObject({ ok: true, data: { spkTimestamp: noor.row.spk_timestamp } });
    }
  });

  it('names the missing certificate as observed', () => {
    const verdict = validatePrekeyUpload(params, { ...upload, identityKey: null });
    expect(verdict).toMatchObject({ error: { message: 'AID cert not found' } });
  });

  it('digests do not depend on who computes them', () => {
    const envelope = build();
    expect(recipientsDigest(envelope.recipients)).toBe(envelope.recipients_digest);
  });
});
