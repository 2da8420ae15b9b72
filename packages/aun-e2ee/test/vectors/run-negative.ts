import assert from 'node:assert/strict';
import type { JsonObject, JsonValue } from 'aun-core';
import { hexDecode } from 'aun-crypto';
import type { E2eeApi, VectorCheck } from './check.js';
import { privateKey, publicKey } from './vector-keys.js';

interface OpenCase {
  readonly name: string;
  readonly envelope: JsonObject;
  readonly self_aid: string;
  readonly self_device_id: string;
  readonly ik_private_hex: string;
  readonly spk_private_hex: string | null;
  readonly sender_public_spki_der_b64: string;
}

interface RejectedCase extends OpenCase {
  readonly expect: {
    readonly outcome: 'throw' | 'null';
    readonly code: string;
    readonly reference_error?: string;
  };
}

interface ClientEvent {
  readonly name: string;
  readonly message_row: JsonObject;
  readonly local: {
    readonly aid: string;
    readonly device_id: string;
    readonly ik_private_hex: string;
    readonly spks: readonly { readonly spk_id: string; readonly private_hex: string }[];
    readonly group_spks: readonly {
      readonly group_id: string;
      readonly spk_id: string;
      readonly private_hex: string;
    }[];
    readonly sender_public_spki_der_b64: string | null;
    readonly allow_pending: boolean;
  };
  readonly result: JsonObject | null;
  readonly published_events: readonly { readonly event: string; readonly payload: JsonObject }[];
}

export interface NegativeFile {
  readonly cases: readonly RejectedCase[];
  readonly accepted_cases: readonly (OpenCase & { readonly expected_plaintext: JsonValue })[];
  readonly client_events: readonly ClientEvent[];
  readonly push_events: readonly {
    readonly name: string;
    readonly raw_push: JsonObject;
    readonly is_group: boolean;
    readonly detected_encrypted: boolean;
    readonly event: string;
    readonly payload: JsonObject;
  }[];
  readonly encrypted_push_detection: readonly {
    readonly message: JsonObject;
    readonly is_encrypted: boolean;
  }[];
}

/** e2ee-negative.json (03 §8). */
export function negativeChecks(api: E2eeApi, file: NegativeFile): VectorCheck[] {
  return [
    ...file.cases.map((v) => ({ name: `refused: ${v.name}`, run: () => checkRejected(api, v) })),
    ...file.accepted_cases.map((v) => ({
      name: `accepted: ${v.name}`,
      run: () => {
        const opened = open(api, v);
        assert.ok(opened.ok, opened.ok ? '' : opened.error.message);
        assert.deepEqual(opened.data.payload, v.expected_plaintext);
      },
    })),
    ...file.client_events.map((v) => ({ name: `row: ${v.name}`, run: () => checkClientEvent(api, v) })),
    ...file.push_events.map((v) => ({
      name: `push: ${v.name} ${String(v.raw_push.message_id)}`,
      run: () => {
        assert.equal(api.isEncryptedPush(v.raw_push), v.detected_encrypted);
        const event = api.undecryptablePush(v.raw_push, api.pushEnvelope(v.raw_push), v.is_group);
        assert.deepEqual(event, { event: v.event, payload: v.payload });
      },
    })),
    ...file.encrypted_push_detection.map((v) => ({
      name: `detection: ${JSON.stringify(v.message)}`,
      run: () => assert.equal(api.isEncryptedPush(v.message), v.is_encrypted),
    })),
  ];
}

function open(api: E2eeApi, v: OpenCase) {
  return api.openEnvelope(v.envelope, {
    selfAid: v.self_aid,
    selfDeviceId: v.self_device_id,
    identityKey: privateKey(v.ik_private_hex),
    prekey: v.spk_private_hex === null ? null : privateKey(v.spk_private_hex),
    senderKey: publicKey(v.sender_public_spki_der_b64),
  });
}

/** Codes whose public text comes from the platform and cannot be compared. */
const platformTexts = new Set(['session_key_invalid', 'payload_not_json', 'aad_invalid']);

function checkRejected(api: E2eeApi, v: RejectedCase): void {
  const opened = open(api, v);
  assert.ok(!opened.ok);
  assert.equal(opened.error.code, v.expect.code);
  assert.equal(api.isSilentDecryptCode(opened.error.code), v.expect.outcome === 'null');
  const reference = v.expect.reference_error;
  if (reference === undefined || platformTexts.has(v.expect.code)) return;
  const [stable = ''] = reference.split('cause=');
  assert.ok(opened.error.message.startsWith(stable), opened.error.message);
}

/** Members that only this implementation adds (03 §8.2, §8.3). */
function withoutOwnMembers(value: JsonObject, isRow: boolean): JsonObject {
  const { code: _code, group_id: _group, ...rest } = value;
  if (!isRow) return rest;
  const { timestamp: _timestamp, ...row } = rest;
  const { to: _to, ...e2ee } = row.e2ee as JsonObject;
  return { ...row, e2ee };
}

async function checkClientEvent(api: E2eeApi, v: ClientEvent): Promise<void> {
  const { local } = v;
  const store = new api.MemoryPrekeyStore();
  const keys = [...local.spks.map((spk) => ({ ...spk, group_id: '' })), ...local.group_spks];
  for (const { group_id: groupId, spk_id: spkId, private_hex: hex } of keys) {
    const publicSpki = privateKey(hex).publicKey.spki;
    const record = { groupId, spkId, privateScalar: hexDecode(hex), publicSpki, createdAt: 1 };
    await store.savePrekey(local.aid, local.device_id, record);
  }
  const sender = local.sender_public_spki_der_b64;
  const session = new api.E2EESession({
    ...{ aid: local.aid, deviceId: local.device_id, identityKey: privateKey(local.ik_private_hex), store },
    senderKeys: () => (sender === null ? null : publicKey(sender)),
    clock: { now: () => 1_767_225_700_000 },
  });
  const outcome = await session.openRow(v.message_row, { allowPending: local.allow_pending });
  const message = outcome.kind === 'delivered' ? withoutOwnMembers(outcome.message, true) : null;
  assert.deepEqual(message, v.result);
  const events = outcome.kind === 'undecryptable' ? [outcome.event] : [];
  assert.deepEqual(
    events.map((event) => comparable(event.event, event.payload)),
    v.published_events.map((event) => comparable(event.event, event.payload)),
  );
}

function comparable(event: string, payload: JsonObject): JsonObject {
  const error = String(payload._decrypt_error).split('cause=')[0] ?? '';
  return { event, payload: { ...withoutOwnMembers(payload, false), _decrypt_error: error } };
}
