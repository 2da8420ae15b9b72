import assert from 'node:assert/strict';
import type { JsonObject, JsonValue } from 'aun-core';
import { canonicalJson } from 'aun-core';
import { base64Decode, hexDecode, hexEncode, utf8Encode } from 'aun-crypto';
import type {
  EncryptOptions,
  Envelope,
  GroupMessage,
  P2PMessage,
  Role,
  StateCommitmentWire,
  Target,
} from '../../src/index.js';
import type { E2eeApi, VectorCheck } from './check.js';
import { privateKey, publicKey, scripted } from './vector-keys.js';

interface VectorTarget {
  readonly aid: string;
  readonly device_id: string;
  readonly role: Role;
  readonly key_source: string;
  readonly ik_public_spki_der_b64: string;
  readonly spk_public_spki_der_b64: string | null;
  readonly spk_id: string;
}

interface EnvelopeVector {
  readonly name: string;
  readonly sender: { readonly aid: string; readonly device_id: string; readonly ik_private_hex: string };
  readonly input: {
    readonly kind: 'p2p' | 'group';
    readonly targets: readonly VectorTarget[];
    readonly audit_recipients?: readonly VectorTarget[];
    readonly group_id?: string;
    readonly epoch?: number;
    readonly state_commitment?: Partial<StateCommitmentWire> | null;
    readonly payload: JsonValue;
    readonly message_id: string;
    readonly timestamp: number;
    readonly protected_headers: unknown;
    readonly context: JsonObject | null;
    readonly sdk_lang: string;
    readonly sdk_version: string;
  };
  readonly randomness: {
    readonly master_key_hex: string;
    readonly body_nonce_hex: string;
    readonly sender_session_private_hex: string;
    readonly wrap_nonces_hex: readonly string[];
  };
  readonly intermediate: {
    readonly aad_canonical_utf8: string;
    readonly plaintext_canonical_hex: string;
    readonly leaf_hashes_hex: readonly string[];
    readonly metadata_key_hex: string;
    readonly wrap_salt_hex: string;
  };
  readonly envelope: JsonObject;
  readonly per_device_forms: readonly {
    readonly row_index: number;
    readonly recipient: JsonObject;
    readonly merkle_proof: readonly JsonObject[];
  }[];
  readonly decryptors: readonly {
    readonly self_aid: string;
    readonly self_device_id: string;
    readonly row_index: number;
    readonly ik_private_hex: string;
    readonly spk_private_hex: string | null;
    readonly protocol: string;
  }[];
  readonly expected_plaintext: JsonValue;
}

export interface EnvelopeFile {
  readonly envelopes: readonly EnvelopeVector[];
}

const targetOf = (target: VectorTarget): Target => ({
  aid: target.aid,
  deviceId: target.device_id,
  role: target.role,
  keySource: target.key_source,
  identityKey: publicKey(target.ik_public_spki_der_b64),
  prekey: target.spk_public_spki_der_b64 === null ? null : publicKey(target.spk_public_spki_der_b64),
  prekeyId: target.spk_id,
});

type Encryptors = Pick<E2eeApi, 'encryptP2P' | 'encryptGroup'>;
type AsyncEncryptors = Pick<E2eeApi, 'encryptP2PAsync' | 'encryptGroupAsync'>;

const encryptVector = ({ encryptP2P, encryptGroup }: Encryptors, vector: EnvelopeVector): Envelope =>
  withVector<Envelope>(vector, encryptP2P, encryptGroup);

const encryptVectorAsync = (api: AsyncEncryptors, vector: EnvelopeVector): Promise<Envelope> =>
  withVector<Promise<Envelope>>(vector, api.encryptP2PAsync, api.encryptGroupAsync);

function withVector<R>(
  vector: EnvelopeVector,
  encryptP2P: (message: P2PMessage, options: EncryptOptions) => R,
  encryptGroup: (message: GroupMessage, options: EncryptOptions) => R,
): R {
  const { sender, input, randomness } = vector;
  const message = {
    sender: {
      aid: sender.aid,
      deviceId: sender.device_id,
      identityKey: privateKey(sender.ik_private_hex),
    },
    targets: input.targets.map(targetOf),
    auditTargets: (input.audit_recipients ?? []).map(targetOf),
    payload: input.payload,
    messageId: input.message_id,
    timestamp: input.timestamp,
    protectedHeaders: input.protected_headers,
    context: input.context,
  };
  const options: EncryptOptions = {
    random: scripted(
      randomness.master_key_hex,
      randomness.body_nonce_hex,
      randomness.sender_session_private_hex,
      ...randomness.wrap_nonces_hex,
    ),
    sdk: { lang: input.sdk_lang, version: input.sdk_version },
    deterministic: true,
  };
  if (input.kind === 'p2p') return encryptP2P(message, options);
  const { group_id: groupId = '', epoch = 0, state_commitment: stateCommitment = null } = input;
  return encryptGroup({ ...message, groupId, epoch, stateCommitment }, options);
}

/** e2ee-envelope-p2p.json and e2ee-envelope-group.json: build, split per device, open in all three forms. */
export function envelopeChecks(api: E2eeApi, file: EnvelopeFile): VectorCheck[] {
  return file.envelopes.flatMap((vector) => [
    { name: `${vector.name}: intermediate values`, run: () => checkIntermediate(api, vector) },
    {
      name: `${vector.name}: encrypts to the same envelope`,
      run: () => assert.deepEqual(encryptVector(api, vector), vector.envelope),
    },
    {
      name: `${vector.name}: encrypts to the same envelope asynchronously`,
      run: async () => assert.deepEqual(await encryptVectorAsync(api, vector), vector.envelope),
    },
    { name: `${vector.name}: per-device forms`, run: () => checkPerDevice(api, vector) },
    ...vector.decryptors.map((_, i) => ({
      name: `${vector.name}: decryptor ${i} opens every form`,
      run: () => checkOpen(api, vector, i),
    })),
  ]);
}

function checkIntermediate(
  api: E2eeApi,
  { envelope, intermediate, input, randomness }: EnvelopeVector,
): void {
  assert.equal(canonicalJson(envelope.aad), intermediate.aad_canonical_utf8);
  assert.equal(hexEncode(utf8Encode(canonicalJson(input.payload))), intermediate.plaintext_canonical_hex);
  const rows = envelope.recipients as unknown as readonly (readonly string[])[];
  assert.deepEqual(
    rows.map((row) => hexEncode(api.recipientLeaf(row))),
    intermediate.leaf_hashes_hex,
  );
  const masterKey = hexDecode(randomness.master_key_hex);
  assert.equal(hexEncode(api.metadataKey(masterKey)), intermediate.metadata_key_hex);
  const session = base64Decode(String(envelope.sender_session_pk));
  const salt = api.wrapSalt(utf8Encode(intermediate.aad_canonical_utf8), session, api.SUITE);
  assert.equal(hexEncode(salt), intermediate.wrap_salt_hex);
}

function checkPerDevice(api: E2eeApi, { envelope, per_device_forms }: EnvelopeVector): void {
  const rows = envelope.recipients as unknown as readonly (readonly string[])[];
  const shared = api.sharedBodyText(envelope);
  for (const form of per_device_forms) {
    const { recipients: _, ...rest } = envelope;
    const expected = { ...rest, recipient: form.recipient, merkle_proof: form.merkle_proof };
    assert.deepEqual(api.toPerDeviceForm(envelope, form.row_index), expected);
    const row = rows[form.row_index] ?? [];
    const text = api.perDeviceText(shared, row, api.recipientProof(rows, form.row_index), 7);
    assert.deepEqual(JSON.parse(text), { ...expected, t_server: 7 });
  }
}

function checkOpen(api: E2eeApi, vector: EnvelopeVector, index: number): void {
  const decryptor = vector.decryptors[index];
  assert.ok(decryptor);
  const keys = {
    selfAid: decryptor.self_aid,
    selfDeviceId: decryptor.self_device_id,
    identityKey: privateKey(decryptor.ik_private_hex),
    prekey: decryptor.spk_private_hex === null ? null : privateKey(decryptor.spk_private_hex),
    senderKey: privateKey(vector.sender.ik_private_hex).publicKey,
  };
  const perDevice = api.toPerDeviceForm(vector.envelope, decryptor.row_index);
  const { merkle_proof: _, ...unproven } = perDevice;
  for (const form of [vector.envelope, perDevice, unproven]) {
    const opened = api.openEnvelope(form, keys, { from: vector.sender.aid });
    assert.ok(opened.ok, opened.ok ? '' : opened.error.message);
    assert.deepEqual(opened.data.payload, vector.expected_plaintext);
    assert.equal(opened.data.protocol, decryptor.protocol);
  }
}
