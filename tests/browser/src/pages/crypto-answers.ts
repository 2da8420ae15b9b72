import {
  aesGcmSeal,
  base64Decode,
  base64Encode,
  base64UrlDecode,
  base64UrlEncode,
  type Curve,
  ecdh,
  hexEncode,
  hkdfSha256,
  hmacSha256,
  PrivateKey,
  PublicKey,
  pbkdf2Sha256,
  pbkdf2Sha256Async,
  sha256,
  sha384,
  signDer,
  signRaw,
  utf8Encode,
} from 'aun-crypto';

/** Lengths around the block sizes of the hashes and of AES. */
const lengths = [0, 1, 15, 16, 17, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000, 70_000];

/** Every answer that leaves no choice, by name and in hex: the same on every backend. */
export async function answers(): Promise<Readonly<Record<string, string>>> {
  const entries = [
    ...lengths.flatMap(bytesAnswers),
    ...curves.flatMap(keyAnswers),
    ...(await passwordAnswers()),
  ];
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value instanceof Uint8Array ? hexEncode(value) : value]),
  );
}

type Answer = readonly [name: string, value: Uint8Array | string];

/** Known bytes that follow no pattern a codec could mistake. */
const filled = (length: number): Uint8Array => hkdfStream(`bytes ${length}`, length);

function hkdfStream(label: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 8_000) {
    const part = Math.min(8_000, length - at);
    bytes.set(hkdfSha256(utf8Encode(label), new Uint8Array(0), utf8Encode(`${at}`), part), at);
  }
  return bytes;
}

function bytesAnswers(length: number): Answer[] {
  const bytes = filled(length);
  const key = filled(32);
  const { ciphertext, tag } = aesGcmSeal(key, filled(12), bytes, filled(length % 40));
  const short = bytes.subarray(0, 1000);
  return [
    [`sha256 of ${length}`, sha256(bytes)],
    [`sha256 of ${length} in parts`, sha256(bytes.subarray(0, 7), bytes.subarray(7))],
    [`sha384 of ${length}`, sha384(bytes)],
    [`hmac of ${length}`, hmacSha256(key, bytes)],
    [`hmac with a key of ${length}`, hmacSha256(short, key)],
    [`hkdf of ${length}`, hkdfSha256(short, key, short, 1 + (length % 200))],
    [`aes-gcm of ${length}`, sha256(ciphertext)],
    [`aes-gcm tag of ${length}`, tag],
    [`base64 of ${length}`, sha256(utf8Encode(base64Encode(bytes)))],
    [`base64 of ${length} and back`, sha256(base64Decode(base64Encode(bytes)))],
    [`base64url of ${length}`, sha256(base64UrlDecode(base64UrlEncode(bytes)))],
  ];
}

const curves: readonly Curve[] = ['P-256', 'P-384'];

function keyAnswers(curve: Curve): Answer[] {
  const size = curve === 'P-256' ? 32 : 48;
  const own = PrivateKey.fromScalar(hkdfStream(`own ${curve}`, size), curve);
  const peer = PrivateKey.fromScalar(hkdfStream(`peer ${curve}`, size), curve).publicKey;
  const { point } = peer;
  const compressed = Uint8Array.of(2 + ((point.at(-1) ?? 0) & 1), ...point.subarray(1, 1 + size));
  const message = filled(1000);
  return [
    [`${curve} spki`, own.publicKey.spki],
    [`${curve} pkcs8`, own.toPkcs8()],
    [`${curve} pem`, own.toPem()],
    [`${curve} fingerprint`, own.publicKey.fingerprint()],
    [`${curve} ecdh`, ecdh(own, peer)],
    [`${curve} decompressed`, PublicKey.fromRawPoint(curve, compressed).spki],
    [`${curve} raw signature`, signRaw(own, message, { deterministic: true })],
    [`${curve} DER signature`, signDer(own, message, { deterministic: true })],
  ];
}

async function passwordAnswers(): Promise<Answer[]> {
  const password = utf8Encode('pässword 密码');
  const salt = filled(16);
  return [
    ['pbkdf2', pbkdf2Sha256(password, salt, 1000, 48)],
    ['pbkdf2 without blocking', await pbkdf2Sha256Async(password, salt, 10_000, 32)],
  ];
}
