import { base64Encode, ecdh, PrivateKey } from 'aun-crypto';
import { describe, expect, it } from 'vitest';
import { encryptP2P, encryptP2PAsync, openEnvelope, RecipientCache } from '../src/index.js';
import { ivo, keysOf, noor, targetFor } from './fixtures.js';

const message = { sender: ivo, targets: [targetFor(noor, 'peer', '3DH')], payload: { type: 'text' } };

describe('a recipient cache of any size gives real secrets', () => {
  for (const maxKeys of [0, -5, 0.5, 1, 2.5, Number.POSITIVE_INFINITY]) {
    it(`maxKeys ${maxKeys}`, async () => {
      const cache = new RecipientCache({ maxKeys });
      const own = ivo.identityKey;
      const peers = Array.from({ length: 3 }, () => PrivateKey.generate().publicKey);
      for (const peer of [...peers, ...peers]) {
        const parsed = cache.publicKey(base64Encode(peer.spki));
        expect(cache.staticSecret(own, parsed)).toEqual(ecdh(own, peer));
      }
      for (const envelope of [
        encryptP2P(message, { cache }),
        encryptP2P(message, { cache }),
        await encryptP2PAsync(message, { cache }),
      ]) {
        expect(openEnvelope(envelope, keysOf(noor)).ok).toBe(true);
        expect(openEnvelope(envelope, { ...keysOf(noor), cache }).ok).toBe(true);
      }
    });
  }

  it('what is no number is refused', () => {
    for (const maxKeys of [Number.NaN, '5', null]) {
      expect(() => new RecipientCache({ maxKeys: maxKeys as never })).toThrow(RangeError);
    }
  });

  it('the secrets of one peer with ever new own keys are bounded, and wiped when they go', () => {
    const cache = new RecipientCache({ maxKeys: 2 });
    const peer = noor.identityKey.publicKey;
    const own = Array.from({ length: 5 }, () => PrivateKey.generate());
    const secrets = own.map((key) => cache.staticSecret(key, peer));
    expect(own.map((key) => cache.peekSecret(key, peer) !== undefined)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(secrets.map((secret) => secret.some((byte) => byte !== 0))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    cache.clear();
    expect(secrets.flatMap((secret) => [...secret]).every((byte) => byte === 0)).toBe(true);
  });
});
