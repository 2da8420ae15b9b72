import { describe, expect, it } from 'vitest';
import { backend } from '#backend';
import {
  aesGcmOpen,
  aesGcmSeal,
  base64Decode,
  base64Encode,
  ecdh,
  hexDecode,
  hexEncode,
  hkdfSha256,
  hmacSha256,
  PrivateKey,
  PublicKey,
  pbkdf2Sha256,
  pbkdf2Sha256Async,
  signDer,
  signRaw,
  utf8Encode,
  verifyDer,
  verifyRaw,
} from '../src/index.js';
import { expectCode, readVectors } from './support.js';

const kdf = readVectors<{
  hkdf: {
    name: string;
    ikm_hex: string;
    salt_hex: string;
    info_hex: string;
    length: number;
    okm_hex: string;
  }[];
  keypairs: { name: string; private_hex: string; public_spki_der_b64: string; key_id: string }[];
  ecdh: { name: string; private_hex: string; peer_public_spki_der_b64: string; shared_hex: string }[];
  one_dh: DhCase[];
  three_dh: (DhCase & {
    sender_ik_private_hex: string;
    recipient_spk_public_spki_der_b64: string;
    dh2_hex: string;
    dh3_hex: string;
  })[];
  ecdsa_raw: {
    name: string;
    private_hex?: string;
    public_spki_der_b64: string;
    message_hex: string;
    signature_raw_hex: string;
    valid: boolean;
  }[];
}>('e2ee-kdf');

interface DhCase {
  name: string;
  sender_session_private_hex: string;
  recipient_ik_public_spki_der_b64: string;
  salt_hex: string;
  dh1_hex: string;
  ikm_hex: string;
  info_utf8: string;
  wrap_key_hex: string;
}

it('runs on the backend this project is about', () => {
  expect(backend.name).toBe(process.env.AUN_BACKEND);
});

describe('e2ee-kdf.json', () => {
  it.each(kdf.hkdf)('HKDF: $name', (v) => {
    const okm = hkdfSha256(hexDecode(v.ikm_hex), hexDecode(v.salt_hex), hexDecode(v.info_hex), v.length);
    expect(hexEncode(okm)).toBe(v.okm_hex);
  });

  it.each(kdf.keypairs)('key pair: $name', (v) => {
    const { publicKey } = PrivateKey.fromScalar(hexDecode(v.private_hex));
    expect(base64Encode(publicKey.spki)).toBe(v.public_spki_der_b64);
    expect(publicKey.keyId()).toBe(v.key_id);
    expect(PublicKey.fromSpki(base64Decode(v.public_spki_der_b64)).equals(publicKey)).toBe(true);
  });

  it.each(kdf.ecdh)('ECDH: $name', (v) => {
    const peer = PublicKey.fromSpki(base64Decode(v.peer_public_spki_der_b64));
    expect(hexEncode(ecdh(PrivateKey.fromScalar(hexDecode(v.private_hex)), peer))).toBe(v.shared_hex);
  });

  it.each(kdf.one_dh)('wrap key: $name', (v) => {
    const session = PrivateKey.fromScalar(hexDecode(v.sender_session_private_hex));
    const dh1 = ecdh(session, PublicKey.fromSpki(base64Decode(v.recipient_ik_public_spki_der_b64)));
    expect(hexEncode(dh1)).toBe(v.dh1_hex);
    const key = hkdfSha256(dh1, hexDecode(v.salt_hex), utf8Encode(v.info_utf8), 32);
    expect(hexEncode(key)).toBe(v.wrap_key_hex);
  });

  it.each(kdf.three_dh)('wrap key: $name', (v) => {
    const session = PrivateKey.fromScalar(hexDecode(v.sender_session_private_hex));
    const identity = PrivateKey.fromScalar(hexDecode(v.sender_ik_private_hex));
    const peerIdentity = PublicKey.fromSpki(base64Decode(v.recipient_ik_public_spki_der_b64));
    const peerPrekey = PublicKey.fromSpki(base64Decode(v.recipient_spk_public_spki_der_b64));
    const parts = [ecdh(session, peerIdentity), ecdh(identity, peerPrekey), ecdh(session, peerPrekey)];
    expect(parts.map(hexEncode)).toEqual([v.dh1_hex, v.dh2_hex, v.dh3_hex]);
    const key = hkdfSha256(hexDecode(v.ikm_hex), hexDecode(v.salt_hex), utf8Encode(v.info_utf8), 32);
    expect(hexEncode(key)).toBe(v.wrap_key_hex);
  });

  it.each(kdf.ecdsa_raw)('raw ECDSA: $name', (v) => {
    const message = hexDecode(v.message_hex);
    const publicKey = PublicKey.fromSpki(base64Decode(v.public_spki_der_b64));
    expect(verifyRaw(publicKey, message, hexDecode(v.signature_raw_hex))).toBe(v.valid);
    if (v.private_hex === undefined || !v.valid || v.name.includes('n-s')) return;
    const key = PrivateKey.fromScalar(hexDecode(v.private_hex));
    expect(hexEncode(signRaw(key, message, { deterministic: true }))).toBe(v.signature_raw_hex);
    expect(verifyRaw(publicKey, message, signRaw(key, message))).toBe(true);
  });
});

const wrap = readVectors<{
  aead: Record<
    'name' | 'key_hex' | 'nonce_hex' | 'aad_hex' | 'plaintext_hex' | 'ciphertext_hex' | 'tag_hex',
    string
  >[];
  aead_errors: { name: string; key_length: number; nonce_length: number; tag_length: number }[];
}>('e2ee-wrap');

describe('e2ee-wrap.json', () => {
  it.each(wrap.aead)('AES-256-GCM: $name', (v) => {
    const [key, nonce, aad] = [hexDecode(v.key_hex), hexDecode(v.nonce_hex), hexDecode(v.aad_hex)];
    const { ciphertext, tag } = aesGcmSeal(key, nonce, hexDecode(v.plaintext_hex), aad);
    expect([hexEncode(ciphertext), hexEncode(tag)]).toEqual([v.ciphertext_hex, v.tag_hex]);
    expect(hexEncode(aesGcmOpen(key, nonce, ciphertext, tag, aad))).toBe(v.plaintext_hex);
  });

  it.each(wrap.aead_errors)('AES-256-GCM refuses: $name', (v) => {
    const expected = v.name === 'wrong tag' ? 'aead_failed' : 'invalid_argument';
    const open = () =>
      aesGcmOpen(
        new Uint8Array(v.key_length),
        new Uint8Array(v.nonce_length),
        new Uint8Array(32),
        new Uint8Array(v.tag_length),
      );
    expectCode(expected, open);
  });
});

const keystore = readVectors<{
  identities: Record<
    string,
    {
      private_key_pem: string;
      private_scalar_hex: string;
      public_key_der_b64: string;
      public_key_fingerprint: string;
    }
  >;
  derivation: {
    salt_utf8: string;
    iterations: number;
    cases: {
      seed: string;
      master_key_hex: string;
      fields: { scope: string; name: string; field_key_hex: string }[];
    }[];
  };
}>('keystore');

describe('keystore.json', () => {
  const { salt_utf8, iterations, cases } = keystore.derivation;

  it.each(cases)('derivation from the seed $seed', async (v) => {
    const seed = utf8Encode(v.seed);
    const master = pbkdf2Sha256(seed, utf8Encode(salt_utf8), iterations, 32);
    expect(hexEncode(master)).toBe(v.master_key_hex);
    expect(await pbkdf2Sha256Async(seed, utf8Encode(salt_utf8), iterations, 32)).toEqual(master);
    for (const { scope, name, field_key_hex } of v.fields) {
      const field = hmacSha256(master, utf8Encode(`aun:${scope}:${name}`), Uint8Array.of(1));
      expect(hexEncode(field)).toBe(field_key_hex);
    }
  });

  it.each(Object.entries(keystore.identities))('identity %s reads and writes the same PEM', (_, v) => {
    const key = PrivateKey.fromPem(v.private_key_pem);
    expect(hexEncode(key.toScalar())).toBe(v.private_scalar_hex);
    expect(base64Encode(key.publicKey.spki)).toBe(v.public_key_der_b64);
    expect(key.publicKey.fingerprint()).toBe(v.public_key_fingerprint);
    expect(key.toPem()).toBe(v.private_key_pem);
  });
});

interface AuthVector {
  name: string;
  inputs: Record<string, unknown>;
  expected: Record<string, unknown>;
}

const auth = readVectors<{
  pki: { keys: Record<string, string>; public_keys_spki_b64: Record<string, string> };
  vectors: AuthVector[];
}>('auth');

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Every vector that names its signed bytes, its signature and a bare public key. */
const signed = auth.vectors.flatMap(({ name, inputs, expected }) => {
  const message = text(expected.signed_hex);
  const nested = expected.client_signature as { signature?: string } | undefined;
  const proofs = Object.values((inputs.params ?? {}) as Record<string, { signature?: string }>);
  const signature =
    text(expected.signature_b64_der) ??
    text(inputs.signature_b64_der) ??
    nested?.signature ??
    proofs.find((proof) => typeof proof?.signature === 'string')?.signature;
  const certName = text(inputs.auth_cert)?.replace('$pki.certs.', '');
  const spki =
    text(inputs.public_key_spki_b64) ??
    text(inputs.old_public_key_spki_b64) ??
    text(inputs.verify_with_spki_b64) ??
    auth.pki.public_keys_spki_b64[certName ?? ''];
  return message && signature && spki ? [{ name, message, signature, spki }] : [];
});

describe('auth.json', () => {
  it('gives signatures of every kind', () => {
    expect([...new Set(signed.map(({ name }) => name))].sort()).toEqual([
      'client_signature',
      'group_aid_proof',
      'login1_server_proof',
      'login2_signature',
      'rekey_signature',
      'renew_cert_signature',
    ]);
  });

  it.each(signed)('DER signature verifies: $name', ({ message, signature, spki }) => {
    const key = PublicKey.fromSpki(base64Decode(spki));
    expect(verifyDer(key, hexDecode(message), base64Decode(signature))).toBe(true);
    expect(verifyDer(key, hexDecode(`${message}00`), base64Decode(signature))).toBe(false);
  });

  it('refuses the signature of another key', () => {
    const v = auth.vectors.find(({ name }) => name === 'login2_signature_negative');
    const key = PublicKey.fromSpki(base64Decode(String(v?.inputs.public_key_spki_b64)));
    const message = utf8Encode(`${v?.inputs.nonce}:${v?.inputs.client_time}`);
    expect(verifyDer(key, message, base64Decode(String(v?.inputs.signature_b64_der)))).toBe(false);
  });

  it.each(Object.entries(auth.pki.public_keys_spki_b64))(
    'key %s belongs to its PEM and signs',
    (name, spki) => {
      const key = PrivateKey.fromPem(auth.pki.keys[name] ?? '');
      expect(base64Encode(key.publicKey.spki)).toBe(spki);
      expect(key.toPem()).toBe(auth.pki.keys[name]);
      const message = utf8Encode('any');
      for (const deterministic of [false, true]) {
        expect(verifyDer(key.publicKey, message, signDer(key, message, { deterministic }))).toBe(true);
        expect(verifyRaw(key.publicKey, message, signRaw(key, message, { deterministic }))).toBe(true);
      }
    },
  );
});
