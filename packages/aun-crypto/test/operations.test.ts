import { createECDH, createPrivateKey, sign as platformSign, verify as platformVerify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  aesGcmOpen,
  aesGcmSeal,
  type Curve,
  concatBytes,
  ecdh,
  ecdhAsync,
  hexDecode,
  hexEncode,
  hkdfSha256,
  hmacSha256,
  PrivateKey,
  PublicKey,
  pbkdf2Sha256,
  randomBytes,
  sha256,
  sha384,
  signDer,
  signRaw,
  signRawAsync,
  timingSafeEqual,
  utf8Encode,
  uuidV4,
  verifyDer,
  verifyRaw,
  verifyRawAsync,
  wipe,
} from '../src/index.js';
import { expectCode, runs } from './support.js';

const a = PrivateKey.fromScalar(new Uint8Array(32).fill(1));
const b = PrivateKey.fromScalar(new Uint8Array(32).fill(2));
const ca = PrivateKey.fromScalar(new Uint8Array(48).fill(3), 'P-384');
const message = utf8Encode('message');
const ORDER = {
  'P-256': 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  'P-384': 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
};

describe('ECDSA', () => {
  it('is understood by the platform and understands it, hash by curve', () => {
    for (const [key, hash] of [
      [a, 'sha256'],
      [ca, 'sha384'],
    ] as const) {
      const platform = createPrivateKey(key.toPem());
      expect(platformVerify(hash, message, platform, signDer(key, message))).toBe(true);
      expect(verifyDer(key.publicKey, message, new Uint8Array(platformSign(hash, message, platform)))).toBe(
        true,
      );
      const wrongHash = platformSign(hash === 'sha256' ? 'sha384' : 'sha256', message, platform);
      expect(verifyDer(key.publicKey, message, new Uint8Array(wrongHash))).toBe(false);
    }
  });

  it('signs and verifies asynchronously what the synchronous calls understand, also without WebCrypto', async () => {
    const tryAll = async (): Promise<void> => {
      for (const scalar of [a.toScalar(), ca.toScalar()]) {
        const curve: Curve = scalar.length === 32 ? 'P-256' : 'P-384';
        const key = PrivateKey.fromScalar(scalar, curve);
        const publicKey = PublicKey.fromSpki(key.publicKey.spki);
        const signature = await signRawAsync(key, message);
        expect(verifyRaw(publicKey, message, signature)).toBe(true);
        expect(await verifyRawAsync(publicKey, message, signRaw(key, message))).toBe(true);
        expect(await verifyRawAsync(publicKey, message, signature)).toBe(true);
        expect(await verifyRawAsync(b.publicKey, message, signature)).toBe(false);
        expect(await verifyRawAsync(publicKey, utf8Encode('massage'), signature)).toBe(false);
        expect(await verifyRawAsync(publicKey, message, signature.slice(1))).toBe(false);
        expect(await verifyRawAsync(publicKey, message, new Uint8Array(signature.length))).toBe(false);
        const fixed = { deterministic: true };
        expect(await signRawAsync(key, message, fixed)).toEqual(signRaw(key, message, fixed));
      }
    };
    await tryAll();
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    try {
      await tryAll();
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('rejects asynchronously where the synchronous call throws', async () => {
    const wiped = PrivateKey.generate();
    wiped.wipe();
    await expect(signRawAsync(wiped, message)).rejects.toMatchObject({ code: 'key_wiped' });
    const text = 'text' as unknown as Uint8Array;
    await expect(signRawAsync(a, text)).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(verifyRawAsync(a.publicKey, message, text)).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });

  it('converts between raw and DER without losing leading zeros', () => {
    // Deterministic signatures of these texts include r and s with leading zero bytes and with the top bit set.
    const lengths = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const text = utf8Encode(String(i));
      const der = signDer(a, text, { deterministic: true });
      lengths.add(der.length);
      if (der.length > 70 && i > 10) continue;
      expect(verifyDer(a.publicKey, text, der)).toBe(true);
      expect(verifyRaw(a.publicKey, text, signRaw(a, text, { deterministic: true }))).toBe(true);
    }
    expect(lengths.size).toBeGreaterThan(2);
  });

  it('accepts both halves of S', () => {
    for (const key of [a, ca]) {
      const raw = signRaw(key, message);
      const half = raw.length / 2;
      const s = BigInt(`0x${hexEncode(raw.slice(half))}`);
      const other = BigInt(`0x${ORDER[key.curve]}`) - s;
      const twin = concatBytes(raw.slice(0, half), hexDecode(other.toString(16).padStart(2 * half, '0')));
      expect(verifyRaw(key.publicKey, message, twin)).toBe(true);
    }
  });

  it('does not make low S on purpose', () => {
    const n = BigInt(`0x${ORDER['P-256']}`);
    const high = Array.from({ length: 24 }, (_, i) =>
      signRaw(a, Uint8Array.of(i), { deterministic: true }),
    ).filter((raw) => BigInt(`0x${hexEncode(raw.slice(32))}`) > n / 2n);
    expect(high.length).toBeGreaterThan(0);
  });

  it('is false, not an error, for signatures that are not one', () => {
    const [raw, der] = [signRaw(a, message), signDer(a, message)];
    const n = hexDecode(ORDER['P-256']);
    for (const bad of [
      new Uint8Array(0),
      new Uint8Array(64),
      raw.slice(1),
      concatBytes(raw, Uint8Array.of(0)),
      concatBytes(n, raw.slice(32)),
      concatBytes(raw.slice(0, 32), n),
      der,
    ]) {
      expect(verifyRaw(a.publicKey, message, bad)).toBe(false);
    }
    const indefinite = concatBytes(hexDecode('3080'), der.slice(2), hexDecode('0000'));
    const longForm = concatBytes(Uint8Array.of(0x30, 0x81), der.slice(1));
    const padded = concatBytes(Uint8Array.of(0x30, (der[1] ?? 0) + 1, 2, (der[3] ?? 0) + 1, 0), der.slice(4));
    for (const bad of [
      raw,
      concatBytes(der, Uint8Array.of(0)),
      der.slice(0, -1),
      indefinite,
      longForm,
      padded,
    ]) {
      expect(verifyDer(a.publicKey, message, bad)).toBe(false);
    }
    expect(verifyDer(a.publicKey, message, hexDecode('3006020100020100'))).toBe(false);
    expect(verifyDer(a.publicKey, message, hexDecode('3006020101020180'))).toBe(false);
  });

  it('answers any signature bytes with a boolean', () => {
    const der = signDer(a, message);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.nat(71),
        fc.integer({ min: 1, max: 255 }),
        (junk, at, flip) => {
          const damaged = der.slice();
          damaged[at % der.length] = (damaged[at % der.length] ?? 0) ^ flip;
          expect(verifyDer(a.publicKey, message, junk)).toBe(false);
          expect(verifyRaw(a.publicKey, message, junk)).toBe(false);
          expect(verifyDer(a.publicKey, message, damaged)).toBe(false);
        },
      ),
      runs(60),
    );
  });

  it('signs equal bytes only when asked to be deterministic', () => {
    expect(signRaw(a, message, { deterministic: true })).toEqual(
      signRaw(a, message, { deterministic: true }),
    );
    expect(signRaw(a, message)).not.toEqual(signRaw(a, message));
  });
});

describe('ECDH', () => {
  it('is symmetric and agrees with the platform', () => {
    const platform = createECDH('prime256v1');
    platform.setPrivateKey(a.toScalar());
    const shared = ecdh(a, b.publicKey);
    expect(shared).toEqual(ecdh(b, a.publicKey));
    expect(shared).toEqual(new Uint8Array(platform.computeSecret(b.publicKey.point)));
    expect(ecdh(ca, ca.publicKey).length).toBe(48);
  });

  it('serves one private handle and many peers, and one peer and many private handles', () => {
    const session = PrivateKey.generate();
    for (let i = 1; i <= 5; i++) {
      const peer = PrivateKey.fromScalar(new Uint8Array(32).fill(i));
      const cold = PublicKey.fromSpki(peer.publicKey.spki);
      expect(ecdh(session, cold)).toEqual(ecdh(peer, session.publicKey));
      expect(ecdh(session, cold)).toEqual(ecdh(session, peer.publicKey));
    }
  });

  it('also works with keys that signed or verified before', () => {
    const [x, y] = [PrivateKey.generate(), PrivateKey.generate()];
    expect(verifyRaw(x.publicKey, message, signRaw(x, message))).toBe(true);
    expect(ecdh(x, y.publicKey)).toEqual(ecdh(y, x.publicKey));
  });

  it('refuses two curves in one agreement', () => {
    expectCode('curve_mismatch', () => ecdh(a, ca.publicKey));
    expectCode('curve_mismatch', () => ecdh(ca, a.publicKey));
  });

  it('gives the same bytes asynchronously, for any number of peers at once', async () => {
    const session = PrivateKey.generate();
    const peers = Array.from({ length: 8 }, () => PrivateKey.generate().publicKey);
    const expected = peers.map((peer) => ecdh(session, peer));
    expect(await Promise.all(peers.map((peer) => ecdhAsync(session, peer)))).toEqual(expected);
    expect(await ecdhAsync(a, b.publicKey)).toEqual(ecdh(a, b.publicKey));
    expect(await ecdhAsync(ca, ca.publicKey)).toEqual(ecdh(ca, ca.publicKey));
  });

  it('agrees asynchronously where there is no WebCrypto', async () => {
    const expected = ecdh(a, b.publicKey);
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    try {
      const own = PrivateKey.fromScalar(a.toScalar());
      expect(await ecdhAsync(own, PublicKey.fromSpki(b.publicKey.spki))).toEqual(expected);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('rejects where the synchronous call throws', async () => {
    await expect(ecdhAsync(a, ca.publicKey)).rejects.toMatchObject({ code: 'curve_mismatch' });
    const wiped = PrivateKey.generate();
    wiped.wipe();
    await expect(ecdhAsync(wiped, a.publicKey)).rejects.toMatchObject({ code: 'key_wiped' });
  });
});

describe('AES-256-GCM', () => {
  const key = new Uint8Array(32).fill(9);
  const nonce = new Uint8Array(12).fill(8);

  it('opens what it sealed and nothing else', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(),
        (text, aad, at) => {
          const { ciphertext, tag } = aesGcmSeal(key, nonce, text, aad);
          expect([ciphertext.length, tag.length]).toEqual([text.length, 16]);
          expect(aesGcmOpen(key, nonce, ciphertext, tag, aad)).toEqual(text);
          const bad = concatBytes(ciphertext, tag);
          bad[at % bad.length] = (bad[at % bad.length] ?? 0) ^ 1;
          expectCode('aead_failed', () =>
            aesGcmOpen(key, nonce, bad.slice(0, text.length), bad.slice(text.length), aad),
          );
          expectCode('aead_failed', () =>
            aesGcmOpen(key, nonce, ciphertext, tag, concatBytes(aad, Uint8Array.of(0))),
          );
        },
      ),
      runs(60),
    );
  });

  it.each([
    ['key', 31, 12, 16],
    ['nonce', 32, 16, 16],
    ['tag', 32, 12, 12],
  ])('checks the length of the %s first', (_, k, n, t) => {
    const [shortKey, otherNonce] = [new Uint8Array(k), new Uint8Array(n)];
    expectCode('invalid_argument', () => aesGcmOpen(shortKey, otherNonce, message, new Uint8Array(t)));
    if (t === 16) expectCode('invalid_argument', () => aesGcmSeal(shortKey, otherNonce, message));
  });
});

describe('hashes and derivation', () => {
  it('hash the concatenation of their parts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 4 }),
        fc.uint8Array({ maxLength: 90 }),
        (parts, k) => {
          expect(sha256(...parts)).toEqual(sha256(concatBytes(...parts)));
          expect(sha384(...parts)).toEqual(sha384(concatBytes(...parts)));
          expect(hmacSha256(k, ...parts)).toEqual(hmacSha256(k, concatBytes(...parts)));
        },
      ),
      runs(60),
    );
  });

  it('hash large input in parts', () => {
    const large = new Uint8Array(70_000).fill(1);
    expect(sha256(large, large)).toEqual(sha256(concatBytes(large, large)));
  });

  it('know the answers of FIPS 180-4, RFC 4231 and RFC 5869', () => {
    const abc = utf8Encode('abc');
    expect(hexEncode(sha256(abc))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(hexEncode(sha384(abc))).toBe(
      'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
    );
    const longKey = new Uint8Array(131).fill(0xaa);
    expect(
      hexEncode(hmacSha256(longKey, utf8Encode('Test Using Larger Than Block-Size Key - Hash Key First'))),
    ).toBe('60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54');
    const okm = hkdfSha256(
      new Uint8Array(22).fill(0x0b),
      hexDecode('000102030405060708090a0b0c'),
      hexDecode('f0f1f2f3f4f5f6f7f8f9'),
      42,
    );
    expect(hexEncode(okm)).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });

  it('refuse impossible lengths and counts', () => {
    for (const length of [0, -1, 8161, 1.5, Number.NaN]) {
      expectCode('invalid_argument', () => hkdfSha256(message, message, message, length));
    }
    for (const iterations of [0, -1, 1.5, 2 ** 31]) {
      expectCode('invalid_argument', () => pbkdf2Sha256(message, message, iterations, 32));
    }
    expectCode('invalid_argument', () => randomBytes(-1));
    expect(hkdfSha256(message, message, message, 8160).length).toBe(8160);
  });
});

describe('the rest', () => {
  it('compares secrets of equal and different length', () => {
    expect(timingSafeEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(timingSafeEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(timingSafeEqual(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(timingSafeEqual(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  it('wipes', () => {
    const secret = Uint8Array.of(1, 2, 3);
    wipe(secret);
    expect(secret).toEqual(new Uint8Array(3));
  });

  it('draws random bytes of any length', () => {
    expect([0, 1, 32, 70_000].map((n) => randomBytes(n).length)).toEqual([0, 1, 32, 70_000]);
    expect(randomBytes(32)).not.toEqual(randomBytes(32));
    expect(randomBytes(70_000).subarray(-32).some(Boolean)).toBe(true);
  });

  it('makes version 4 UUIDs', () => {
    expect(uuidV4()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidV4((n) => new Uint8Array(n).fill(0xff))).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expectCode('random_failed', () => uuidV4(() => new Uint8Array(3)));
  });

  it('gives plain arrays, never Buffers', () => {
    const sealed = aesGcmSeal(new Uint8Array(32), new Uint8Array(12), message);
    const results = [
      sha256(message),
      hmacSha256(message),
      sealed.ciphertext,
      sealed.tag,
      randomBytes(3),
      ecdh(a, b.publicKey),
      signDer(a, message),
      signRaw(a, message),
      a.publicKey.spki,
      a.publicKey.point,
      a.toScalar(),
      pbkdf2Sha256(message, message, 1, 32),
    ];
    for (const result of results) expect(result.constructor).toBe(Uint8Array);
  });

  it('knows its curves', () => {
    const curves: Curve[] = [a.curve, ca.publicKey.curve];
    expect(curves).toEqual(['P-256', 'P-384']);
  });
});

it('computes the public half after the first signature or agreement just as before it', () => {
  for (const curve of ['P-256', 'P-384'] as const) {
    const scalar = new Uint8Array(curve === 'P-256' ? 32 : 48).fill(6);
    const [before, after] = [PrivateKey.fromScalar(scalar, curve), PrivateKey.fromScalar(scalar, curve)];
    const publicKey = before.publicKey;
    expect(verifyDer(publicKey, message, signDer(after, message))).toBe(true);
    expect(ecdh(after, publicKey)).toEqual(ecdh(before, publicKey));
    expect(after.publicKey.spki).toEqual(publicKey.spki);
  }
});
