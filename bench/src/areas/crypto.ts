import * as aun from 'aun-crypto';
import { platformPrimitives } from '../lib/platform.js';
import type { Area, Row } from '../lib/types.js';

/** One row per operation of `aun-crypto` that the layers above do often. */
export const crypto: Area = {
  name: 'crypto',
  backends: ['node', 'noble'],
  setup: async (backend) => ({
    primitives: await platformPrimitives(backend),
    rows: [...curveRows(), ...symmetricRows()],
  }),
};

function curveRows(): Row[] {
  const own = aun.PrivateKey.generate();
  const peer = aun.PrivateKey.generate();
  const { spki } = peer.publicKey;
  const warm = aun.PublicKey.fromSpki(spki);
  const message = new Uint8Array(400).fill(1);
  const raw = aun.signRaw(peer, message);
  const der = aun.signDer(peer, message);
  return [
    { name: 'generate key', run: () => aun.PrivateKey.generate().publicKey, bound: { keygen: 1 } },
    { name: 'import key, SPKI', run: () => aun.PublicKey.fromSpki(spki), bound: { importPublic: 1 } },
    { name: 'ecdh, cold', run: () => aun.ecdh(own, aun.PublicKey.fromSpki(spki)), bound: { ecdhCold: 1 } },
    { name: 'ecdh, warm', run: () => aun.ecdh(own, warm), bound: { ecdhWarm: 1 } },
    { name: 'sign, raw', run: () => aun.signRaw(own, message), bound: { sign: 1 } },
    { name: 'sign, DER', run: () => aun.signDer(own, message), bound: { sign: 1 } },
    {
      name: 'sign, deterministic',
      run: () => aun.signRaw(own, message, { deterministic: true }),
      bound: { sign: 1 },
    },
    {
      name: 'verify raw, cold',
      run: () => aun.verifyRaw(aun.PublicKey.fromSpki(spki), message, raw),
      bound: { verifyCold: 1 },
    },
    { name: 'verify raw, warm', run: () => aun.verifyRaw(warm, message, raw), bound: { verifyWarm: 1 } },
    { name: 'verify DER, warm', run: () => aun.verifyDer(warm, message, der), bound: { verifyWarm: 1 } },
  ];
}

function symmetricRows(): Row[] {
  const [key, nonce, salt] = [new Uint8Array(32).fill(1), new Uint8Array(12), new Uint8Array(16)];
  const [ikm, info, block, large] = [
    new Uint8Array(96).fill(2),
    aun.utf8Encode('AUN-V2-3DH'),
    new Uint8Array(84).fill(3),
    new Uint8Array(16_384),
  ];
  const sealed = aun.aesGcmSeal(key, nonce, large);
  return [
    { name: 'hkdf, 3DH wrap key', run: () => aun.hkdfSha256(ikm, salt, info, 32), bound: { hkdf: 1 } },
    { name: 'aes-gcm seal, 32 B', run: () => aun.aesGcmSeal(key, nonce, key), bound: { seal32: 1 } },
    { name: 'aes-gcm seal, 16 KB', run: () => aun.aesGcmSeal(key, nonce, large), bound: { seal16k: 1 } },
    {
      name: 'aes-gcm open, 16 KB',
      run: () => aun.aesGcmOpen(key, nonce, sealed.ciphertext, sealed.tag),
      bound: { seal16k: 1 },
    },
    { name: 'sha256, 84 B', run: () => aun.sha256(block), bound: { sha256: 1 } },
    {
      name: 'pbkdf2, 10 000 iterations',
      run: () => aun.pbkdf2Sha256(salt, salt, 10_000, 32),
      bound: { pbkdf2: 1 },
    },
  ];
}
