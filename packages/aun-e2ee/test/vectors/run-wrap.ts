import assert from 'node:assert/strict';
import { canonicalJson, type JsonObject, type JsonValue } from 'aun-core';
import { aesGcmOpen, aesGcmSeal, hexDecode, hexEncode, PrivateKey, type PublicKey } from 'aun-crypto';
import type { E2eeApi, VectorCheck } from './check.js';
import { publicKey } from './vector-keys.js';

interface AeadCase {
  readonly name: string;
  readonly key_hex: string;
  readonly nonce_hex: string;
  readonly aad_hex: string;
  readonly plaintext_hex: string;
  readonly ciphertext_hex: string;
  readonly tag_hex: string;
}

interface AeadError {
  readonly name: string;
  readonly key_length: number;
  readonly nonce_length: number;
  readonly tag_length: number;
}

interface MetadataCase {
  readonly name: string;
  readonly domain: string;
  readonly master_key_hex: string;
  readonly metadata: JsonObject;
  readonly metadata_key_hex: string;
  readonly body_canonical_utf8: string;
  readonly output: JsonObject;
}

interface HeaderCase {
  readonly name: string;
  readonly headers: unknown;
  readonly payload: JsonValue;
  readonly sdk_lang: string;
  readonly sdk_version: string;
  readonly output?: JsonObject;
  readonly expect?: 'throw';
  readonly reference_error?: string;
}

interface FlowCase {
  readonly name: string;
  readonly kind: 'p2p' | 'group';
  readonly self_aid: string;
  readonly self_device_id: string;
  readonly trusted_ik_public_spki_der_b64: { readonly [aid: string]: string };
  readonly to?: string;
  readonly group_id?: string;
  readonly peer_bootstrap: JsonObject;
  readonly self_bootstrap?: JsonObject;
  readonly expected_calls: readonly (readonly [string, JsonObject])[];
  readonly expected_rows_without_wrap?: readonly (readonly string[])[];
  readonly expected_aad?: JsonObject;
  readonly expect?: 'throw';
  readonly reference_error?: string;
}

export interface WrapFile {
  readonly aead: readonly AeadCase[];
  readonly aead_errors: readonly AeadError[];
  readonly metadata_auth: readonly MetadataCase[];
  readonly header_normalisation: readonly HeaderCase[];
  readonly bootstrap_flows: readonly FlowCase[];
}

/** e2ee-wrap.json (03 §1.2, §4, §6). */
export function wrapChecks(api: E2eeApi, file: WrapFile): VectorCheck[] {
  return [
    ...file.aead.map((v) => ({ name: `aead: ${v.name}`, run: () => checkAead(v) })),
    ...file.aead_errors.map((v) => ({ name: `aead refuses: ${v.name}`, run: () => checkAeadError(v) })),
    ...file.metadata_auth.map((v) => ({ name: `metadata: ${v.name}`, run: () => checkMetadata(api, v) })),
    ...file.header_normalisation.map((v) => ({
      name: `headers: ${v.name}`,
      run: () => checkHeaders(api, v),
    })),
    ...file.bootstrap_flows.map((v) => ({ name: `bootstrap: ${v.name}`, run: () => checkFlow(api, v) })),
  ];
}

function checkAead(v: AeadCase): void {
  const [key, nonce, aad] = [v.key_hex, v.nonce_hex, v.aad_hex].map(hexDecode) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const sealed = aesGcmSeal(key, nonce, hexDecode(v.plaintext_hex), aad);
  assert.equal(hexEncode(sealed.ciphertext), v.ciphertext_hex);
  assert.equal(hexEncode(sealed.tag), v.tag_hex);
  assert.equal(hexEncode(aesGcmOpen(key, nonce, sealed.ciphertext, sealed.tag, aad)), v.plaintext_hex);
}

function checkAeadError(v: AeadError): void {
  const key = new Uint8Array(v.key_length);
  const nonce = new Uint8Array(v.nonce_length);
  assert.throws(() => aesGcmOpen(key, nonce, new Uint8Array(4), new Uint8Array(v.tag_length)));
}

function checkMetadata(api: E2eeApi, v: MetadataCase): void {
  const names = Object.keys(api.metadataDomains) as (keyof typeof api.metadataDomains)[];
  const name = names.find((candidate) => api.metadataDomains[candidate] === v.domain);
  assert.ok(name);
  const masterKey = hexDecode(v.master_key_hex);
  assert.equal(hexEncode(api.metadataKey(masterKey)), v.metadata_key_hex);
  assert.equal(canonicalJson(api.withoutAuth(v.metadata)), v.body_canonical_utf8);
  const output = api.authenticateMetadata(masterKey, name, v.metadata);
  assert.deepEqual(output, v.output);
  assert.equal(api.metadataFault(masterKey, name, output), null);
}

function checkHeaders(api: E2eeApi, v: HeaderCase): void {
  const build = () => api.envelopeHeaders(v.headers, v.payload, { lang: v.sdk_lang, version: v.sdk_version });
  if (v.expect === 'throw') assert.throws(build, { message: v.reference_error });
  else assert.deepEqual(build(), v.output);
}

/** Where this implementation refuses although the public SDKs go on (03 §4.4, hardening). */
function isHardened(v: FlowCase): boolean {
  return v.kind === 'p2p' && v.expected_aad !== undefined && v.expected_aad.to !== v.to;
}

function checkFlow(api: E2eeApi, v: FlowCase): void {
  const calls: unknown[] = [];
  const built = v.kind === 'p2p' ? p2pTargets(api, v, calls) : groupTargets(api, v, calls);
  assert.deepEqual(calls, v.expected_calls);
  if (v.expect === 'throw' || isHardened(v)) {
    assert.ok(!built.ok);
    if (v.reference_error !== undefined) assert.equal(built.error.message, v.reference_error);
    return;
  }
  assert.ok(built.ok, built.ok ? '' : built.error.message);
  const sender = { aid: v.self_aid, deviceId: v.self_device_id, identityKey: PrivateKey.generate() };
  const message = { sender, ...built.data, payload: {}, messageId: 'm-1', timestamp: 1_767_225_600_000 };
  const envelope =
    v.kind === 'p2p'
      ? api.encryptP2P(message)
      : api.encryptGroup({
          ...message,
          groupId: v.group_id ?? '',
          ...api.groupSendContext(v.peer_bootstrap),
        });
  assert.deepEqual(
    envelope.recipients.map((row) => row.slice(0, 6)),
    v.expected_rows_without_wrap,
  );
  assert.deepEqual(envelope.aad, v.expected_aad);
}

function trusted(v: FlowCase): (aid: string) => PublicKey | null {
  return (aid) => {
    const spki = v.trusted_ik_public_spki_der_b64[aid];
    return spki === undefined ? null : publicKey(spki);
  };
}

function p2pTargets(api: E2eeApi, v: FlowCase, calls: unknown[]) {
  const { self_aid: selfAid, self_device_id: selfDeviceId, to = '' } = v;
  const context = { selfAid, selfDeviceId, trustedKey: trusted(v) };
  calls.push(['message.v2.bootstrap', { ...api.p2pBootstrapParams(to) }]);
  const selfBootstrap = () => {
    calls.push(['message.v2.bootstrap', { ...api.p2pBootstrapParams(selfAid) }]);
    return v.self_bootstrap;
  };
  const needsOwn = api.needsSelfBootstrap({ to, selfAid, bootstrap: v.peer_bootstrap });
  return api.buildP2PTargets({
    ...context,
    to,
    bootstrap: v.peer_bootstrap,
    selfBootstrap: needsOwn ? selfBootstrap() : undefined,
  });
}

function groupTargets(api: E2eeApi, v: FlowCase, calls: unknown[]) {
  const { self_aid: selfAid, self_device_id: selfDeviceId, group_id: groupId = '' } = v;
  calls.push(['group.v2.bootstrap', { ...api.groupBootstrapParams(groupId) }]);
  const bootstrap = v.peer_bootstrap;
  return api.buildGroupTargets({ selfAid, selfDeviceId, trustedKey: trusted(v), groupId, bootstrap });
}
