import assert from 'node:assert/strict';
import { canonicalJson, type JsonObject } from 'aun-core';
import {
  base64Decode,
  base64Encode,
  ecdh,
  hexDecode,
  hexEncode,
  hkdfSha256,
  hmacSha256,
  sha256,
  signRaw,
  utf8Encode,
  verifyRaw,
} from 'aun-crypto';
import type { E2eeApi, VectorCheck } from './check.js';
import { privateKey, publicKey } from './vector-keys.js';

type Named = { readonly name: string };
type Texts<K extends string> = Named & { readonly [key in K]: string };

export interface KdfFile {
  readonly hkdf: readonly (Texts<'ikm_hex' | 'salt_hex' | 'info_hex' | 'prk_hex' | 'okm_hex'> & {
    readonly length: number;
  })[];
  readonly keypairs: readonly Texts<
    'private_hex' | 'public_spki_der_b64' | 'public_x_hex' | 'public_y_hex' | 'key_id'
  >[];
  readonly ecdh: readonly Texts<'private_hex' | 'peer_public_spki_der_b64' | 'shared_hex'>[];
  readonly wrap_salt: readonly (Texts<
    'aad_canonical_utf8' | 'sender_session_public_spki_der_b64' | 'suite' | 'wrap_salt_hex'
  > & { readonly aad: JsonObject })[];
  readonly one_dh: readonly Texts<OneDh>[];
  readonly three_dh: readonly Texts<ThreeDh>[];
  readonly ecdsa_raw: readonly (Texts<
    'private_hex' | 'public_spki_der_b64' | 'message_hex' | 'signature_raw_hex' | 'signature_b64'
  > & { readonly valid: boolean; readonly verify_only?: boolean })[];
}

type OneDh =
  | 'sender_session_private_hex'
  | 'sender_session_public_spki_der_b64'
  | 'recipient_ik_private_hex'
  | 'recipient_ik_public_spki_der_b64'
  | 'salt_hex'
  | 'dh1_hex'
  | 'prk_hex'
  | 'ikm_hex'
  | 'wrap_key_hex';
type ThreeDh =
  | OneDh
  | 'sender_ik_private_hex'
  | 'sender_ik_public_spki_der_b64'
  | 'recipient_spk_private_hex'
  | 'recipient_spk_public_spki_der_b64'
  | 'recipient_spk_id'
  | 'dh2_hex'
  | 'dh3_hex';

/** e2ee-kdf.json (03 §1.2, §5.3). */
export function kdfChecks(api: E2eeApi, file: KdfFile): VectorCheck[] {
  return [
    ...named('hkdf', file.hkdf, (v) => {
      const salt = hexDecode(v.salt_hex);
      const key = salt.length === 0 ? new Uint8Array(32) : salt;
      assert.equal(hexEncode(hmacSha256(key, hexDecode(v.ikm_hex))), v.prk_hex);
      const okm = hkdfSha256(hexDecode(v.ikm_hex), salt, hexDecode(v.info_hex), v.length);
      assert.equal(hexEncode(okm), v.okm_hex);
    }),
    ...named('key pair', file.keypairs, (v) => {
      const { publicKey: key } = privateKey(v.private_hex);
      assert.equal(base64Encode(key.spki), v.public_spki_der_b64);
      assert.equal(hexEncode(key.point), `04${v.public_x_hex}${v.public_y_hex}`);
      assert.equal(key.keyId(), v.key_id);
      assert.equal(api.keyIdOf(key.spki), v.key_id);
    }),
    ...named('ecdh', file.ecdh, (v) =>
      assert.equal(
        hexEncode(ecdh(privateKey(v.private_hex), publicKey(v.peer_public_spki_der_b64))),
        v.shared_hex,
      ),
    ),
    ...named('wrap salt', file.wrap_salt, (v) => {
      assert.equal(canonicalJson(v.aad), v.aad_canonical_utf8);
      const session = base64Decode(v.sender_session_public_spki_der_b64);
      assert.equal(
        hexEncode(api.wrapSalt(utf8Encode(v.aad_canonical_utf8), session, v.suite)),
        v.wrap_salt_hex,
      );
    }),
    ...named('1DH', file.one_dh, (v) => checkOneDh(api, v)),
    ...named('3DH', file.three_dh, (v) => checkThreeDh(api, v)),
    ...named('raw ECDSA', file.ecdsa_raw, (v) => {
      const message = hexDecode(v.message_hex);
      const signature = base64Decode(v.signature_b64);
      assert.equal(hexEncode(signature), v.signature_raw_hex);
      assert.equal(verifyRaw(publicKey(v.public_spki_der_b64), message, signature), v.valid);
      if (v.verify_only) return;
      assert.equal(
        hexEncode(signRaw(privateKey(v.private_hex), message, { deterministic: true })),
        v.signature_raw_hex,
      );
    }),
    { name: 'sha256 of nothing', run: () => assert.match(hexEncode(sha256()), /^e3b0c44298fc1c14/) },
  ];
}

function checkOneDh(api: E2eeApi, v: Texts<OneDh>): void {
  const sent = ecdh(privateKey(v.sender_session_private_hex), publicKey(v.recipient_ik_public_spki_der_b64));
  const got = ecdh(privateKey(v.recipient_ik_private_hex), publicKey(v.sender_session_public_spki_der_b64));
  assert.equal(hexEncode(sent), v.dh1_hex);
  assert.equal(hexEncode(got), v.dh1_hex);
  assert.equal(hexEncode(api.deriveWrapKey('1DH', [sent], hexDecode(v.salt_hex))), v.wrap_key_hex);
}

function checkThreeDh(api: E2eeApi, v: Texts<ThreeDh>): void {
  const spk = publicKey(v.recipient_spk_public_spki_der_b64);
  assert.equal(spk.keyId(), v.recipient_spk_id);
  const session = privateKey(v.sender_session_private_hex);
  const sent = [
    ecdh(session, publicKey(v.recipient_ik_public_spki_der_b64)),
    ecdh(privateKey(v.sender_ik_private_hex), spk),
    ecdh(session, spk),
  ];
  const spkPrivate = privateKey(v.recipient_spk_private_hex);
  const sessionPublic = publicKey(v.sender_session_public_spki_der_b64);
  const got = [
    ecdh(privateKey(v.recipient_ik_private_hex), sessionPublic),
    ecdh(spkPrivate, publicKey(v.sender_ik_public_spki_der_b64)),
    ecdh(spkPrivate, sessionPublic),
  ];
  for (const secrets of [sent, got]) {
    assert.deepEqual(secrets.map(hexEncode), [v.dh1_hex, v.dh2_hex, v.dh3_hex]);
    assert.equal(hexEncode(api.deriveWrapKey('3DH', secrets, hexDecode(v.salt_hex))), v.wrap_key_hex);
  }
}

function named<T extends Named>(
  section: string,
  vectors: readonly T[],
  check: (vector: T) => void,
): VectorCheck[] {
  return vectors.map((vector) => ({ name: `${section}: ${vector.name}`, run: () => check(vector) }));
}
