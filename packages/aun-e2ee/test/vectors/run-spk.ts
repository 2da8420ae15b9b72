import assert from 'node:assert/strict';
import type { JsonObject } from 'aun-core';
import { base64Decode, hexDecode, hexEncode, type PrivateKey } from 'aun-crypto';
import type { E2eeApi, VectorCheck } from './check.js';
import { privateKey, publicKey, scripted } from './vector-keys.js';

interface RegistrationCase {
  readonly name: string;
  readonly aid: string;
  readonly device_id: string;
  readonly group_id?: string;
  readonly ik_private_hex: string;
  readonly spk_private_hex: string;
  readonly now_ms: number;
  readonly sign_data_hex: string;
  readonly expected_calls: readonly (readonly [string, JsonObject])[];
}

interface DeviceCase {
  readonly name: string;
  readonly aid: string;
  readonly trusted_ik_public_spki_der_b64: string;
  readonly device: JsonObject;
  readonly expect: 'target' | 'skip' | 'throw';
  readonly target?: JsonObject;
  readonly code?: string;
  readonly reference_error?: string;
  readonly hardened_expect?: 'throw';
  readonly hardened_code?: string;
}

interface StoredKey {
  readonly spk_id: string;
  readonly private_hex: string;
  readonly label: string;
}

interface RetentionCase {
  readonly name: string;
  readonly generations_after_the_tracked_spk: number;
  readonly referenced_by_seqs: readonly number[];
  readonly acked_seq: number;
  readonly days_since_last_reference: number;
  readonly age_days_of_the_spk?: number;
  readonly destroyed: boolean;
  readonly still_stored: boolean;
}

export interface SpkFile {
  readonly registrations: readonly RegistrationCase[];
  readonly device_verification: readonly DeviceCase[];
  readonly decrypt_key_lookup: {
    readonly store: {
      readonly device_id: string;
      readonly ik_private_hex: string;
      readonly p2p_spks_oldest_first: readonly StoredKey[];
      readonly group_spks: readonly (StoredKey & { readonly group_id: string })[];
    };
    readonly cases: readonly {
      readonly name: string;
      readonly group_id: string | null;
      readonly spk_id: string;
      readonly spk?: string | null;
      readonly expect?: 'throw';
    }[];
  };
  readonly retention: readonly RetentionCase[];
}

/** e2ee-spk.json (03 §3, §4.5, §8.2, §10). */
export function spkChecks(api: E2eeApi, file: SpkFile): VectorCheck[] {
  return [
    ...file.registrations.map((v) => ({ name: `register: ${v.name}`, run: () => checkRegistration(api, v) })),
    ...file.device_verification.flatMap((v) =>
      [undefined, new api.RecipientCache()].map((cache) => ({
        name: `device row: ${v.name}${cache === undefined ? '' : ' (cached)'}`,
        run: () => checkDevice(api, v, cache),
      })),
    ),
    ...file.decrypt_key_lookup.cases.map((v) => ({
      name: `key lookup: ${v.name}`,
      run: () => checkLookup(api, file.decrypt_key_lookup.store, v),
    })),
    ...file.retention.map((v) => ({ name: `retention: ${v.name}`, run: () => checkRetention(api, v) })),
  ];
}

async function checkRegistration(api: E2eeApi, v: RegistrationCase): Promise<void> {
  const session = new api.E2EESession({
    ...{ aid: v.aid, deviceId: v.device_id, identityKey: privateKey(v.ik_private_hex) },
    store: new api.MemoryPrekeyStore(),
    senderKeys: () => null,
    clock: { now: () => v.now_ms },
    random: scripted(v.spk_private_hex),
    deterministic: true,
  });
  const group = v.group_id === undefined ? {} : { groupId: v.group_id };
  const registration = await session.registration(group);
  assert.ok(registration);
  const { spk_id: spkId, spk_pk: spkPk, spk_timestamp: seconds } = registration.params;
  const signed = api.prekeySignData(base64Decode(spkPk), spkId, String(seconds));
  assert.equal(hexEncode(signed), v.sign_data_hex);
  await session.markUploaded(registration);
  assert.equal(await session.registration(group), null, 'the second registration has nothing to do');
  assert.deepEqual([[registration.method, registration.params]], v.expected_calls);
}

function checkDevice(
  api: E2eeApi,
  v: DeviceCase,
  cache: InstanceType<E2eeApi['RecipientCache']> | undefined,
): void {
  const trustedKey = publicKey(v.trusted_ik_public_spki_der_b64);
  const checked = api.verifyDeviceRow({ aid: v.aid, row: v.device, role: 'peer', trustedKey, cache });
  if ((v.hardened_expect ?? v.expect) === 'throw') {
    assert.ok(!checked.ok);
    assert.equal(checked.error.code, v.hardened_code ?? v.code);
    if (v.reference_error !== undefined) assert.equal(checked.error.message, v.reference_error);
    return;
  }
  assert.ok(checked.ok, checked.ok ? '' : checked.error.message);
  const target = checked.data;
  if (v.expect === 'skip' || target === null) {
    assert.equal(target, v.expect === 'skip' ? null : target);
    assert.equal(v.expect, 'skip');
    return;
  }
  const { aid, deviceId, keySource, prekeyId } = target;
  const uses3dh = api.targetProtocol(target) === '3DH';
  const seen = { aid, device_id: deviceId, key_source: keySource, spk_id: prekeyId, uses_3dh: uses3dh };
  assert.deepEqual(seen, v.target);
}

async function checkLookup(
  api: E2eeApi,
  content: SpkFile['decrypt_key_lookup']['store'],
  v: SpkFile['decrypt_key_lookup']['cases'][number],
): Promise<void> {
  const { scope, labels } = await lookupScope(api, content);
  const found = v.spk_id === '' ? null : await api.findPrekey(scope, v.spk_id, v.group_id);
  if (v.expect === 'throw') {
    assert.equal(found, null);
    return;
  }
  assert.equal(found === null ? null : labels.get(hexEncode(found.toScalar())), v.spk);
}

async function lookupScope(api: E2eeApi, content: SpkFile['decrypt_key_lookup']['store']) {
  const aid = 'ivo.agents.example';
  const store = new api.MemoryPrekeyStore();
  const labels = new Map([[content.ik_private_hex, 'ik']]);
  const p2p = content.p2p_spks_oldest_first.map((key) => ({ ...key, group_id: '' }));
  for (const [i, key] of [...p2p, ...content.group_spks].entries()) {
    labels.set(key.private_hex, key.label);
    const publicSpki = privateKey(key.private_hex).publicKey.spki;
    const privateScalar = hexDecode(key.private_hex);
    const record = { groupId: key.group_id, spkId: key.spk_id, privateScalar, publicSpki, createdAt: i + 1 };
    await store.savePrekey(aid, content.device_id, record);
  }
  const identityKey: PrivateKey = privateKey(content.ik_private_hex);
  return { labels, scope: { aid, deviceId: content.device_id, identityKey, store } };
}

const DAY = 24 * 60 * 60 * 1000;

function checkRetention(api: E2eeApi, v: RetentionCase): void {
  const now = 1_767_225_600_000;
  const generations = v.generations_after_the_tracked_spk;
  const created = now - (v.age_days_of_the_spk ?? 20) * DAY;
  const newer = Array.from({ length: generations }, (_, i) => ({
    spkId: `sha256:newer-${i}`,
    createdAt: now - DAY - i,
  }));
  const tracker = new api.OldPrekeyTracker();
  for (const seq of v.referenced_by_seqs) {
    tracker.track('sha256:tracked', seq, now - v.days_since_last_reference * DAY);
  }
  const stored = [...newer, { spkId: 'sha256:tracked', createdAt: created }];
  const { references } = tracker;
  const doomed = api.prekeysToDestroy({ stored, references, cursor: v.acked_seq, now });
  assert.equal(doomed.includes('sha256:tracked'), v.destroyed);
  assert.equal(doomed.length > 0, !v.still_stored);
}
