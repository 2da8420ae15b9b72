import {
  type CipherGCM,
  createCipheriv,
  createECDH,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  ECDH,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
  pbkdf2Sync,
  randomFillSync,
  sign,
  verify,
} from 'node:crypto';
import { cheapest } from './measure.js';
import type { Primitives } from './platform.js';
import type { Work } from './types.js';

const newKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The forms a public key can be imported from. Its JWK is put together here: on Node 20 exporting one can deadlock. */
function encodings(key: KeyObject) {
  const spki = key.export({ format: 'der', type: 'spki' });
  const point = spki.subarray(26);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((bytes) => bytes.toString('base64url'));
  const jwk = { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' };
  return { spki, point, jwk, pem: key.export({ format: 'pem', type: 'spki' }) };
}

/** A new pair ready for key agreement with its public point known; on 3.5 that takes KeyObjects, see `ecdhCold`. */
function keygens(): Work[] {
  const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
  if (major > 3 || (major === 3 && minor >= 5))
    return [() => newKeyPair().publicKey.export({ format: 'jwk' })];
  const reused = createECDH('prime256v1');
  return [
    () => reused.generateKeys(),
    () => {
      const fresh = createECDH('prime256v1');
      fresh.setPrivateKey(randomFillSync(Buffer.alloc(32)));
      return fresh.getPublicKey();
    },
  ];
}

function seal(key: Uint8Array, nonce: Uint8Array, text: Uint8Array) {
  const finish = (cipher: CipherGCM) => {
    cipher.update(text);
    cipher.final();
    return cipher.getAuthTag();
  };
  return cheapest([
    () => finish(createCipheriv('aes-256-gcm', key, nonce)),
    () => finish(createCipheriv('aes-256-gcm', createSecretKey(key), nonce)),
  ]);
}

const digest = (bytes: Uint8Array) =>
  cheapest([
    () => hash('sha256', bytes, 'buffer'),
    () => hash('sha256', bytes, 'hex'),
    () => createHash('sha256').update(bytes).digest(),
  ]);

/** Every way `node:crypto` offers, tried at start: which one wins differs between OpenSSL 3.0 and 3.5. */
export function nodePrimitives(): Primitives {
  const own = newKeyPair();
  const peer = newKeyPair();
  const { spki, pem, jwk, point } = encodings(peer.publicKey);
  const exchange = createECDH('prime256v1');
  const scalar = randomFillSync(Buffer.alloc(32), 1);
  exchange.setPrivateKey(scalar);
  const sec1 = own.privateKey.export({ format: 'der', type: 'sec1' });
  const sec1Pem = own.privateKey.export({ format: 'pem', type: 'sec1' });

  const imports = [
    () => createPublicKey({ key: spki, format: 'der', type: 'spki' }),
    () => createPublicKey({ key: jwk, format: 'jwk' }),
    () => createPublicKey(pem),
  ];
  const agree = (publicKey = peer.publicKey) => diffieHellman({ privateKey: own.privateKey, publicKey });
  const message = Buffer.alloc(400, 1);
  const signature = sign('sha256', message, peer.privateKey);
  const [key, nonce, salt, info] = [
    Buffer.alloc(32, 1),
    Buffer.alloc(12),
    Buffer.alloc(16),
    Buffer.from('AUN-V2-3DH'),
  ];
  const ikm = Buffer.alloc(96, 2);
  const block = Buffer.alloc(84, 3);
  const leaf = Buffer.alloc(200, 3);

  return {
    keygen: cheapest(keygens()),
    importPublic: cheapest([...imports, () => ECDH.convertKey(point, 'prime256v1')]),
    importPrivate: cheapest([
      () => createECDH('prime256v1').setPrivateKey(scalar),
      () => createPrivateKey({ key: sec1, format: 'der', type: 'sec1' }),
      () => createPrivateKey(sec1Pem),
    ]),
    ecdhCold: cheapest([() => exchange.computeSecret(point), ...imports.map((load) => () => agree(load()))]),
    ecdhWarm: cheapest([() => exchange.computeSecret(point), () => agree()]),
    sign: cheapest([
      () => sign('sha256', message, own.privateKey),
      () => sign('sha256', message, { key: own.privateKey, dsaEncoding: 'ieee-p1363' }),
    ]),
    verifyCold: cheapest(imports.map((load) => () => verify('sha256', message, load(), signature))),
    verifyWarm: () => verify('sha256', message, peer.publicKey, signature),
    hkdf: cheapest([
      () => hkdfSync('sha256', ikm, salt, info, 32),
      () => {
        const prk = createHmac('sha256', salt).update(ikm).digest();
        return createHmac('sha256', prk).update(info).update('\x01').digest();
      },
    ]),
    seal32: seal(key, nonce, key),
    seal16k: seal(key, nonce, Buffer.alloc(16_384)),
    sha256: digest(block),
    sha256Leaf: digest(leaf),
    pbkdf2: () => pbkdf2Sync('seed', salt, 10_000, 32, 'sha256'),
  };
}
