import {
  aesGcmOpen,
  aesGcmSeal,
  CryptoError,
  type Curve,
  ecdh,
  hexDecode,
  hexEncode,
  hkdfSha256,
  PrivateKey,
  PublicKey,
  sha384,
  signDer,
  signRaw,
  utf8Encode,
  uuidV4,
  verifyDer,
  verifyRaw,
} from 'aun-crypto';

export { answers } from './crypto-answers.js';

/** Made with one platform's randomness, for another one to judge. Binary values are hex. */
export interface Evidence {
  readonly curve: Curve;
  readonly pem: string;
  readonly spki: string;
  readonly message: string;
  readonly signatures: readonly { readonly raw: string; readonly der: string }[];
  readonly peerSpki: string;
  readonly peerScalar: string;
  readonly shared: string;
  readonly sealed: { readonly key: string; readonly ciphertext: string; readonly tag: string };
}

const nonce = new Uint8Array(12).fill(7);
const associated = utf8Encode('context');

function newKey(curve: Curve): PrivateKey {
  return curve === 'P-256'
    ? PrivateKey.generate()
    : PrivateKey.fromScalar(sha384(utf8Encode(uuidV4())), curve);
}

export function evidence(curve: Curve): Evidence {
  const own = newKey(curve);
  const peer = newKey(curve);
  const message = utf8Encode(`message ${uuidV4()}`);
  const shared = ecdh(own, peer.publicKey);
  const key = hkdfSha256(shared, new Uint8Array(0), utf8Encode('evidence'), 32);
  const { ciphertext, tag } = aesGcmSeal(key, nonce, message, associated);
  return {
    curve,
    pem: own.toPem(),
    spki: hexEncode(own.publicKey.spki),
    message: hexEncode(message),
    // Several: half of all signatures have a high S, and lengths of DER differ.
    signatures: Array.from({ length: 8 }, () => ({
      raw: hexEncode(signRaw(own, message)),
      der: hexEncode(signDer(own, message)),
    })),
    peerSpki: hexEncode(peer.publicKey.spki),
    peerScalar: hexEncode(peer.toScalar()),
    shared: hexEncode(shared),
    sealed: { key: hexEncode(key), ciphertext: hexEncode(ciphertext), tag: hexEncode(tag) },
  };
}

/** What does not hold about another platform's evidence; nothing when the two agree. */
export function objections(given: Evidence): string[] {
  return Object.entries(statements(given))
    .filter(([, holds]) => !holds)
    .map(([text]) => text);
}

function statements(given: Evidence): Readonly<Record<string, boolean>> {
  const message = hexDecode(given.message);
  const altered = utf8Encode('another message');
  const key = PublicKey.fromSpki(hexDecode(given.spki));
  const own = PrivateKey.fromPem(given.pem);
  const peer = PrivateKey.fromScalar(hexDecode(given.peerScalar), given.curve);
  const raw = given.signatures.map((signature) => hexDecode(signature.raw));
  const der = given.signatures.map((signature) => hexDecode(signature.der));
  return {
    'the PEM has the private key of the public one': own.publicKey.equals(key),
    'the scalar has the private key of the public one': hexEncode(peer.publicKey.spki) === given.peerSpki,
    'raw signatures verify': raw.every((signature) => verifyRaw(key, message, signature)),
    'DER signatures verify': der.every((signature) => verifyDer(key, message, signature)),
    'raw signatures are for one message': !raw.some((signature) => verifyRaw(key, altered, signature)),
    'DER signatures are for one message': !der.some((signature) => verifyDer(key, altered, signature)),
    'signatures are for one key': !raw.some((signature) => verifyRaw(peer.publicKey, message, signature)),
    'both sides agree on the secret': hexEncode(ecdh(peer, key)) === given.shared,
    'the sealed message opens': opened(given.sealed) === given.message,
    'a tag of another message is refused':
      opened({ ...given.sealed, tag: '00'.repeat(16) }) === 'aead_failed',
  };
}

/** The plaintext in hex, or the code of the refusal. */
function opened({ key, ciphertext, tag }: Evidence['sealed']): string {
  try {
    return hexEncode(aesGcmOpen(hexDecode(key), nonce, hexDecode(ciphertext), hexDecode(tag), associated));
  } catch (error) {
    if (error instanceof CryptoError) return error.code;
    throw error;
  }
}
