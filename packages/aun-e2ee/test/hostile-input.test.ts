import { E2EEError } from 'aun-core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  bootstrapState,
  buildGroupTargets,
  buildP2PTargets,
  checkBootstrapState,
  classicStateHash,
  decryptCodes,
  deviceRowCodes,
  E2EESession,
  isEncryptedPush,
  MemoryPrekeyStore,
  normalizeProtectedHeaders,
  openEnvelope,
  openEnvelopeAsync,
  parseWrapPolicy,
  payloadKind,
  readClassicState,
  readProposal,
  snapshotHash,
  toPerDeviceForm,
  unsignedMembers,
  verifyDeviceRow,
  verifyRecipientProof,
} from '../src/index.js';
import { validateGroupEnvelope, validateP2PEnvelope, validatePrekeyUpload } from '../src/validate.js';
import { anyJson, deep, mutations, runs } from './arbitrary.js';
import { GROUP, groupEnvelope, ivo, keysOf, NOW, noor, p2pEnvelope } from './fixtures.js';

// A soak run takes minutes per decoder.
vi.setConfig({ testTimeout: process.env.AUN_SOAK === '1' ? 3_600_000 : 120_000 });

const p2p = p2pEnvelope();
const group = groupEnvelope();
const perDevice = toPerDeviceForm(p2p, 1);
const p2pContext = {
  callerAid: ivo.aid,
  deviceId: ivo.deviceId,
  to: noor.aid,
  now: NOW,
  auditAids: ['audit-desk.agents.example'],
};
const groupContext = { groupAid: GROUP, callerAid: ivo.aid, deviceId: ivo.deviceId, epoch: 3, now: NOW };
const trustedKey = noor.identityKey.publicKey;

/** JSON text where there is one. */
const jsonText = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return '{';
  }
};

const opens = (value: unknown) => {
  const opened = openEnvelope(value, keysOf(noor));
  return opened.ok || decryptCodes.includes(opened.error.code);
};
const judged = (verdict: { ok: boolean; error?: { code: number; message: string; field: string } }) =>
  verdict.ok || (Number.isInteger(verdict.error?.code) && (verdict.error?.field ?? '') !== '');

/** Each decoder with the real values it is fed mutations of; `check` is true when the answer is well-formed. */
const decoders: readonly [name: string, originals: readonly unknown[], check: (value: never) => boolean][] = [
  ['openEnvelope', [p2p, group, perDevice], opens],
  ['validateP2PEnvelope', [p2p], (value) => judged(validateP2PEnvelope(value, p2pContext))],
  ['validateGroupEnvelope', [group], (value) => judged(validateGroupEnvelope(value, groupContext))],
  [
    'validatePrekeyUpload',
    [{ ...noor.row, peer_aid: noor.aid }],
    (value) =>
      judged(
        validatePrekeyUpload(value, { callerAid: noor.aid, kind: 'peer', identityKey: trustedKey, now: NOW }),
      ),
  ],
  [
    'verifyDeviceRow',
    [noor.row],
    (value) => {
      if (typeof value !== 'object' || value === null) return true;
      const checked = verifyDeviceRow({ aid: noor.aid, row: value, role: 'peer', trustedKey });
      return checked.ok || deviceRowCodes.includes(checked.error.code);
    },
  ],
  [
    'buildP2PTargets',
    [
      {
        peer_devices: [noor.row],
        audit_recipients: [noor.row],
        e2ee_wrap_policy: { protocol: '1DH', scope: 'aid' },
      },
    ],
    (bootstrap) => {
      const trust = { selfAid: ivo.aid, selfDeviceId: ivo.deviceId, trustedKey: () => trustedKey };
      return (
        typeof buildP2PTargets({ ...trust, to: noor.aid, bootstrap, selfBootstrap: bootstrap }).ok ===
        'boolean'
      );
    },
  ],
  [
    'buildGroupTargets',
    [{ devices: [noor.row], audit_recipients: [], epoch: 1 }],
    (bootstrap) => {
      const trust = { selfAid: ivo.aid, selfDeviceId: ivo.deviceId, trustedKey: () => trustedKey };
      return typeof buildGroupTargets({ ...trust, groupId: GROUP, bootstrap }).ok === 'boolean';
    },
  ],
  [
    'verifyRecipientProof',
    [perDevice.merkle_proof],
    (proof) =>
      typeof verifyRecipientProof(p2p.recipients[1] ?? [], proof, p2p.recipients_digest) === 'boolean',
  ],
  [
    'isEncryptedPush',
    [{ payload: p2p, encrypted: true }],
    (value) => typeof isEncryptedPush(value) === 'boolean',
  ],
  ['payloadKind', [p2p], (value) => typeof payloadKind(value) === 'string'],
  [
    'parseWrapPolicy',
    [{ protocol: '1DH', scope: 'aid' }],
    (value) => typeof parseWrapPolicy(value) === 'object',
  ],
  [
    'group state readers',
    [
      {
        state_version: 1,
        state_signature: 'AAAA',
        state_actor_aid: ivo.aid,
        state_membership_snapshot: '{}',
      },
    ],
    (value) => {
      const state = bootstrapState(GROUP, value);
      const checked = checkBootstrapState(state, { actorKey: trustedKey });
      const hash = classicStateHash(readClassicState(value));
      return (
        typeof checked.ok === 'boolean' &&
        Array.isArray(unsignedMembers(value)) &&
        (readProposal(value)?.proposalId ?? '') !== null &&
        (hash === null || hash.length === 64) &&
        snapshotHash(GROUP, 1, jsonText(value)) !== ''
      );
    },
  ],
];

describe('any value given to a decoder ends in a coded answer', () => {
  for (const [name, originals, check] of decoders) {
    it(`${name}: arbitrary values`, () => {
      fc.assert(
        fc.property(anyJson, (value) => check(value as never)),
        runs,
      );
    });

    it(`${name}: real values changed in up to three places`, () => {
      fc.assert(
        fc.property(fc.oneof(...originals.map(mutations)), (value) => check(value as never)),
        runs,
      );
    });

    it(`${name}: nested 100 000 deep`, () => {
      expect(check(deep(100_000) as never)).toBe(true);
      const [original] = originals;
      if (typeof original === 'object' && !Array.isArray(original)) {
        for (const key of Object.keys(original ?? {})) {
          expect(check({ ...original, [key]: deep(20_000) } as never)).toBe(true);
        }
      }
    });
  }

  it('openEnvelopeAsync: says what openEnvelope says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyJson, ...[p2p, group, perDevice].map(mutations)), async (value) => {
        expect(await openEnvelopeAsync(value, keysOf(noor))).toEqual(openEnvelope(value, keysOf(noor)));
      }),
      runs,
    );
  });

  it('a list of 200 000 rows is judged in one pass', () => {
    const rows = Array.from({ length: 200_000 }, () => p2p.recipients[0]);
    expect(opens({ ...p2p, recipients: rows })).toBe(true);
    expect(validateP2PEnvelope({ ...p2p, recipients: rows }, p2pContext).ok).toBe(false);
    expect(validateGroupEnvelope({ ...group, recipients: rows }, groupContext).ok).toBe(false);
  });

  it('header maps either normalise or throw the documented error', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        try {
          return normalizeProtectedHeaders(value) instanceof Map;
        } catch (error) {
          return error instanceof E2EEError;
        }
      }),
      runs,
    );
  });
});

describe('any row given to a session has an outcome', () => {
  const session = new E2EESession({
    ...{
      aid: noor.aid,
      deviceId: noor.deviceId,
      identityKey: noor.identityKey,
      store: new MemoryPrekeyStore(),
    },
    senderKeys: () => ivo.identityKey.publicKey,
    clock: { now: () => NOW },
  });
  const row = (envelope: unknown) => ({
    ...{ version: 'v2', seq: 1, message_id: 'm', from_aid: ivo.aid, t_server: NOW },
    envelope_json: jsonText(envelope),
  });
  const kinds = ['delivered', 'undecryptable', 'pending', 'dropped'];

  it('arbitrary rows and envelopes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(anyJson, mutations(row(perDevice)), mutations(perDevice).map(row)),
        async (value) => kinds.includes((await session.openRow(value)).kind),
      ),
      runs,
    );
  });

  it('arbitrary pushes and thoughts', async () => {
    await fc.assert(
      fc.asyncProperty(mutations({ seq: 1, from: ivo.aid, payload: p2p }), async (value) => {
        const outcome = await session.openPush(value as never, false);
        const thoughts = await session.openThoughts({ found: true, thoughts: [value] }, 'p2p');
        return kinds.includes(outcome.kind) && Array.isArray(thoughts);
      }),
      runs,
    );
  });
});
