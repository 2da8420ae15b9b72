import { base64Encode, PrivateKey, signRaw } from 'aun-crypto';
import { describe, expect, it } from 'vitest';
import {
  buildP2PTargets,
  type DeviceRowCode,
  deviceRowCodes,
  keyIdOf,
  prekeySignData,
  RecipientCache,
  verifyDeviceRow,
} from '../src/index.js';
import { flip, ivo, ivoServer, type Mutable, makeDevice, mutable, noor } from './fixtures.js';

const other = makeDevice(noor.aid, 'tab-7', noor.identityKey);
const foreign = base64Encode(PrivateKey.generate().publicKey.spki);

/** A signed prekey that is no key. */
const noPoint = new Uint8Array(91).fill(4);
const pointless = { spk_pk: base64Encode(noPoint), spk_id: keyIdOf(noPoint) };
const pointlessSignature = base64Encode(
  signRaw(noor.identityKey, prekeySignData(noPoint, pointless.spk_id, String(noor.row.spk_timestamp))),
);

/** Every code of 03 §4.5 from a real row changed for it. */
const cases: readonly [check: string, DeviceRowCode, string, (row: Mutable) => void][] = [
  ['0', 'spk_ik_mismatch', 'another identity key', (row) => Object.assign(row, { ik_pk: foreign })],
  [
    '0',
    'spk_ik_mismatch',
    'another identity key and no prekey',
    (row) => Object.assign(row, { ik_pk: foreign, spk_id: '' }),
  ],
  [
    '2',
    'spk_key_source_invalid',
    'aid_master with a prekey',
    (row) => Object.assign(row, { key_source: 'aid_master' }),
  ],
  ['2', 'spk_key_source_invalid', 'key_source is a list', (row) => Object.assign(row, { key_source: [] })],
  ['3', 'spk_public_key_missing', 'no spk_pk', (row) => Object.assign(row, { spk_pk: null })],
  ['4', 'spk_id_mismatch', 'another spk_pk', (row) => Object.assign(row, { spk_pk: other.row.spk_pk })],
  ['4', 'spk_id_mismatch', 'spk_id is a number', (row) => Object.assign(row, { spk_id: 5 })],
  ['7', 'spk_signature_missing', 'no signature', (row) => Object.assign(row, { spk_signature: null })],
  [
    '7',
    'spk_signature_invalid_base64',
    'signature in the URL alphabet',
    (row) => Object.assign(row, { spk_signature: '-_-_' }),
  ],
  [
    '7',
    'spk_signature_missing',
    'no signature and no point, though the id fits',
    (row) => Object.assign(row, pointless, { spk_signature: '' }),
  ],
  ['9', 'spk_signature_invalid', 'no point, though the id fits', (row) => Object.assign(row, pointless)],
  [
    '10',
    'spk_public_key_missing',
    'no point, though signed',
    (row) => Object.assign(row, pointless, { spk_signature: pointlessSignature }),
  ],
  ['8', 'spk_timestamp_missing', 'no timestamp', (row) => Object.assign(row, { spk_timestamp: null })],
  ['8', 'spk_timestamp_invalid', 'timestamp true', (row) => Object.assign(row, { spk_timestamp: true })],
  ['8', 'spk_timestamp_invalid', 'timestamp -1', (row) => Object.assign(row, { spk_timestamp: -1 })],
  [
    '9',
    'spk_signature_invalid',
    'signature flipped',
    (row) => Object.assign(row, { spk_signature: flip(row.spk_signature) }),
  ],
  ['9', 'spk_signature_invalid', 'timestamp changed', (row) => Object.assign(row, { spk_timestamp: 1 })],
];

const verify = (row: Mutable, aid = noor.aid, cache?: RecipientCache) =>
  verifyDeviceRow({ aid, row: row as never, role: 'peer', trustedKey: noor.identityKey.publicKey, cache });

describe('every check of 03 §4.5 gives its own code', () => {
  for (const [check, code, name, change] of cases) {
    it(`check ${check} -> ${code}: ${name}`, () => {
      const row = mutable(noor.row);
      change(row);
      const checked = verify(row);
      expect(checked.ok ? 'accepted' : checked.error.code).toBe(code);
      if (!checked.ok) expect(checked.error.message).toMatch(new RegExp(`^${code}: aid=noor`));
    });
  }

  it('spk_aid_missing: a prekey of nobody', () => {
    const checked = verify(mutable(noor.row), '');
    expect(checked.ok ? 'accepted' : checked.error.code).toBe('spk_aid_missing');
  });

  it('spk_ik_mismatch: a trusted key on another curve', () => {
    const trustedKey = PrivateKey.fromScalar(new Uint8Array(48).fill(1), 'P-384').publicKey;
    const row = { device_id: 'p', ik_pk: base64Encode(trustedKey.spki) };
    expect(verifyDeviceRow({ aid: noor.aid, row, role: 'peer', trustedKey })).toMatchObject({
      error: { code: 'spk_ik_mismatch' },
    });
  });

  it('the table covers every code', () => {
    const covered = new Set([...cases.map(([, code]) => code), 'spk_aid_missing']);
    expect([...covered].sort()).toEqual([...deviceRowCodes].sort());
  });

  it('a cache does not let a changed row pass after the real one', () => {
    const cache = new RecipientCache();
    expect(verify(mutable(noor.row), noor.aid, cache).ok).toBe(true);
    expect(verify(mutable(noor.row), noor.aid, cache).ok).toBe(true);
    for (const [, code, , change] of cases) {
      const row = mutable(noor.row);
      change(row);
      const checked = verify(row, noor.aid, cache);
      expect(checked.ok ? 'accepted' : checked.error.code).toBe(code);
    }
  });
});

describe('building targets for a peer', () => {
  const context = {
    selfAid: ivo.aid,
    selfDeviceId: ivo.deviceId,
    trustedKey: (aid: string) => (aid === ivo.aid ? ivo : noor).identityKey.publicKey,
    to: noor.aid,
  };

  it('one bad row of the peer aborts and tells which', () => {
    const bad = { ...other.row, spk_timestamp: 1 };
    const built = buildP2PTargets({ ...context, bootstrap: { peer_devices: [noor.row, bad] } });
    expect(built).toMatchObject({
      ok: false,
      error: { code: 'spk_signature_invalid', cause: { deviceId: 'tab-7' } },
    });
  });

  it('a bad own row only costs the copy to the own devices', () => {
    const selfBootstrap = { peer_devices: [{ ...ivoServer.row, spk_timestamp: 1 }] };
    const built = buildP2PTargets({ ...context, bootstrap: { peer_devices: [noor.row] }, selfBootstrap });
    expect(built.ok && built.data.targets.map((target) => target.role)).toEqual(['peer']);
  });

  it('fails when only own devices are left, instead of writing to itself', () => {
    const bootstrap = { peer_devices: [{ device_id: 'no-ik' }] };
    const built = buildP2PTargets({
      ...context,
      bootstrap,
      selfBootstrap: { peer_devices: [ivoServer.row] },
    });
    expect(built).toMatchObject({ ok: false, error: { code: 'no_peer_target' } });
  });

  it('asks for the certificate of an AID it has none of', () => {
    const built = buildP2PTargets({
      ...context,
      trustedKey: () => null,
      bootstrap: { peer_devices: [noor.row] },
    });
    expect(built).toMatchObject({
      ok: false,
      error: { code: 'trusted_key_missing', cause: { aid: noor.aid } },
    });
  });
});
