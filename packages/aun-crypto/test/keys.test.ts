import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64Encode,
  CryptoError,
  concatBytes,
  ecdh,
  hexDecode,
  hexEncode,
  PrivateKey,
  PublicKey,
  pemEncode,
  signDer,
} from '../src/index.js';
import { codeOf, expectCode, runs } from './support.js';

const key = PrivateKey.fromScalar(
  hexDecode('9d5f2c140df7ba0f6db72184253403e1865fadb140a4f8961963fbd2d1fc862a'),
);
const ca = PrivateKey.fromScalar(new Uint8Array(48).fill(7), 'P-384');
const P256_ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
const HEADER = key.publicKey.spki.slice(0, 26);
const COMPRESSED_HEADER = hexDecode('3039301306072a8648ce3d020106082a8648ce3d030107032200');

const edited = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
};

const compressed = (point: Uint8Array): Uint8Array => {
  const size = (point.length - 1) / 2;
  return concatBytes(Uint8Array.of(2 + ((point.at(-1) ?? 0) & 1)), point.slice(1, 1 + size));
};

describe('SubjectPublicKeyInfo', () => {
  it('is exactly 91 bytes for P-256 and 120 for P-384, and round-trips', () => {
    expect([key.publicKey.spki.length, ca.publicKey.spki.length]).toEqual([91, 120]);
    for (const { publicKey } of [key, ca]) {
      expect(PublicKey.fromSpki(publicKey.spki).equals(publicKey)).toBe(true);
      expect(PublicKey.fromRawPoint(publicKey.curve, publicKey.point).spki).toEqual(publicKey.spki);
    }
  });

  it('re-encodes a compressed point to the canonical form', () => {
    for (const { publicKey } of [key, ca]) {
      const short = PublicKey.fromRawPoint(publicKey.curve, compressed(publicKey.point));
      expect(short.spki).toEqual(publicKey.spki);
    }
    const der = concatBytes(COMPRESSED_HEADER, compressed(key.publicKey.point));
    expect(PublicKey.fromSpki(der).fingerprint()).toBe(key.publicKey.fingerprint());
  });

  it('hands out copies, so that nobody changes a parsed key', () => {
    const { publicKey } = PrivateKey.fromScalar(key.toScalar());
    publicKey.spki.fill(0);
    publicKey.point.fill(0);
    expect(publicKey.spki).toEqual(key.publicKey.spki);
    const der = key.publicKey.spki;
    const parsed = PublicKey.fromSpki(der);
    der.fill(0);
    expect(parsed.equals(key.publicKey)).toBe(true);
  });

  const { spki, point } = key.publicKey;
  const ed25519 = hexDecode(`302a300506032b6570032100${'01'.repeat(32)}`);
  const secp256k1 = concatBytes(hexDecode('3056301006072a8648ce3d020106052b8104000a034200'), point);
  it.each([
    ['an empty input', new Uint8Array(0), 'invalid_public_key'],
    ['a trailing byte', concatBytes(spki, Uint8Array.of(0)), 'invalid_public_key'],
    ['a missing byte', spki.slice(0, 90), 'invalid_public_key'],
    ['a point that is not on the curve', edited(spki, 90, (spki[90] ?? 0) ^ 1), 'invalid_public_key'],
    ['the point (0, 0)', concatBytes(HEADER, Uint8Array.of(4), new Uint8Array(64)), 'invalid_public_key'],
    ['infinity', hexDecode('301a301306072a8648ce3d020106082a8648ce3d03010703030000'), 'invalid_public_key'],
    [
      'infinity in its usual length',
      hexDecode('3019301306072a8648ce3d020106082a8648ce3d030107030200' + '00'),
      'invalid_public_key',
    ],
    ['a hybrid point', edited(spki, 26, 6 + ((spki[90] ?? 0) & 1)), 'invalid_public_key'],
    [
      'a compressed X without a point',
      concatBytes(COMPRESSED_HEADER, Uint8Array.of(2), new Uint8Array(32).fill(0xff)),
      'invalid_public_key',
    ],
    ['unused bits', edited(spki, 25, 1), 'invalid_public_key'],
    ['a non-minimal length', concatBytes(hexDecode('308159'), spki.slice(2)), 'invalid_public_key'],
    [
      'an indefinite length',
      concatBytes(hexDecode('3080'), spki.slice(2), hexDecode('0000')),
      'invalid_public_key',
    ],
    ['another curve', secp256k1, 'unsupported_key'],
    ['another algorithm', ed25519, 'unsupported_key'],
    [
      'the P-384 OID on a P-256 point',
      concatBytes(hexDecode('3056301006072a8648ce3d020106052b81040022034200'), point),
      'invalid_public_key',
    ],
  ] as const)('refuses %s', (_, der, code) => {
    expectCode(code, () => PublicKey.fromSpki(der));
  });

  it('refuses coordinates that are not reduced', () => {
    // y of x = 0 is below 2^256 - p, so y + p still fits 32 bytes and satisfies the equation modulo p.
    const zero = PublicKey.fromRawPoint('P-256', concatBytes(Uint8Array.of(2), new Uint8Array(32))).point;
    const p = BigInt('0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff');
    const x = hexDecode(p.toString(16));
    expectCode('invalid_public_key', () =>
      PublicKey.fromRawPoint('P-256', concatBytes(Uint8Array.of(4), x, zero.slice(33))),
    );
  });

  it('answers any damage with a code, and never accepts a second encoding', () => {
    const der = fc.constantFrom(spki, ca.publicKey.spki);
    fc.assert(
      fc.property(der, fc.nat(119), fc.nat(255), fc.nat(120), (whole, at, value, length) => {
        const damaged = edited(whole, at % whole.length, value).slice(0, length);
        if (codeOf(() => PublicKey.fromSpki(damaged)) === 'ok') {
          expect(PublicKey.fromSpki(damaged).spki).toEqual(damaged);
        }
      }),
      runs(500),
    );
  });

  it('answers any bytes and any value with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 130 }), (junk) => {
        expect(codeOf(() => PublicKey.fromSpki(junk))).not.toBe('ok');
        expect(codeOf(() => PublicKey.fromSpki(concatBytes(HEADER, junk)))).not.toBe('ok');
        expect(codeOf(() => PublicKey.fromRawPoint('P-384', junk))).not.toBe('ok');
      }),
      runs(300),
    );
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(codeOf(() => PublicKey.fromSpki(value as Uint8Array))).not.toBe('ok');
        expect(codeOf(() => PrivateKey.fromPkcs8(value as Uint8Array))).not.toBe('ok');
        expect(codeOf(() => PrivateKey.fromPem(value as string))).not.toBe('ok');
        expect(codeOf(() => PrivateKey.fromScalar(value as Uint8Array))).not.toBe('ok');
      }),
      runs(200),
    );
  });
});

describe('private scalars', () => {
  it.each(['00'.repeat(32), P256_ORDER, 'ff'.repeat(32)])('refuses %s', (hex) => {
    expectCode('invalid_private_key', () => PrivateKey.fromScalar(hexDecode(hex)));
  });

  it('takes 1 and n-1, whose points share an X', () => {
    const one = PrivateKey.fromScalar(hexDecode('01'.padStart(64, '0')));
    const last = PrivateKey.fromScalar(hexDecode(P256_ORDER.replace(/51$/, '50')));
    expect(one.publicKey.point.slice(0, 33)).toEqual(last.publicKey.point.slice(0, 33));
    expect(one.publicKey.equals(last.publicKey)).toBe(false);
    expect(one.toScalar().length).toBe(32);
  });

  it.each([0, 31, 33, 48])('refuses %i bytes', (length) => {
    expectCode('invalid_argument', () => PrivateKey.fromScalar(new Uint8Array(length).fill(1)));
  });

  it('round-trips through scalar, PKCS#8 and PEM', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (scalar) => {
        if (codeOf(() => PrivateKey.fromScalar(scalar)) !== 'ok') return;
        const k = PrivateKey.fromScalar(scalar);
        expect(k.toScalar()).toEqual(scalar);
        expect(PrivateKey.fromPkcs8(k.toPkcs8()).toScalar()).toEqual(scalar);
        expect(PrivateKey.fromPem(k.toPem()).publicKey.spki).toEqual(k.publicKey.spki);
        expect(k.toPkcs8().length).toBe(138);
      }),
      runs(20),
    );
  });
});

describe('generation', () => {
  it('are made by the platform without a random source, and carry their scalar', () => {
    for (let i = 0; i < runs(300).numRuns; i++) {
      const made = PrivateKey.generate();
      const again = PrivateKey.fromScalar(made.toScalar());
      expect(again.publicKey.equals(made.publicKey)).toBe(true);
      if (i > 5) continue;
      expect(ecdh(made, key.publicKey)).toEqual(ecdh(key, again.publicKey));
      expect(PrivateKey.fromPem(made.toPem()).publicKey.equals(made.publicKey)).toBe(true);
    }
  });

  it('gives a new key each time, whatever was wiped before', () => {
    const living = Array.from({ length: 3 }, () => PrivateKey.generate());
    const seen = new Set(living.map((each) => each.publicKey.keyId()));
    for (let i = 1; i <= 50; i++) {
      const made = i % 5 === 0 ? PrivateKey.fromScalar(new Uint8Array(32).fill(i)) : PrivateKey.generate();
      const again = PrivateKey.fromScalar(made.toScalar());
      expect(ecdh(made, key.publicKey)).toEqual(ecdh(key, again.publicKey));
      seen.add(made.publicKey.keyId());
      made.wipe();
      expectCode('key_wiped', () => ecdh(made, key.publicKey));
      for (const each of living) expect(ecdh(each, key.publicKey)).toEqual(ecdh(key, each.publicKey));
    }
    expect(seen.size).toBe(53);
  });

  it('takes exactly the 32 bytes of an injected source', () => {
    const asked: number[] = [];
    const generated = PrivateKey.generate({
      random: (n) => {
        asked.push(n);
        return new Uint8Array(n).fill(5);
      },
    });
    expect(asked).toEqual([32]);
    expect(generated.toScalar()).toEqual(new Uint8Array(32).fill(5));
  });

  it('draws again when the bytes are not a scalar', () => {
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(32).fill(1)];
    const k = PrivateKey.generate({ random: () => draws.shift() ?? new Uint8Array(32) });
    expect(k.toScalar()).toEqual(new Uint8Array(32).fill(1));
  });

  it('gives up on a source that is stuck or short', () => {
    expectCode('random_failed', () => PrivateKey.generate({ random: (n) => new Uint8Array(n) }));
    expectCode('random_failed', () => PrivateKey.generate({ random: () => new Uint8Array(31).fill(1) }));
  });

  it('does not let the source keep the scalar', () => {
    const pool = new Uint8Array(32).fill(3);
    const k = PrivateKey.generate({ random: () => pool });
    pool.fill(0);
    expect(k.toScalar()).toEqual(new Uint8Array(32).fill(3));
  });
});

describe('PKCS#8', () => {
  const der = key.toPkcs8();
  const bare = concatBytes(
    hexDecode('3041020100301306072a8648ce3d020106082a8648ce3d0301070427302502010104' + '20'),
    key.toScalar(),
  );
  const short = concatBytes(
    hexDecode('3022020100301306072a8648ce3d020106082a8648ce3d030107040830060201010401' + '05'),
  );

  it('is read without the public half and written with it', () => {
    expect(PrivateKey.fromPkcs8(bare).toPkcs8()).toEqual(der);
  });

  it('left-pads a short scalar', () => {
    expect(hexEncode(PrivateKey.fromPkcs8(short).toScalar())).toBe('05'.padStart(64, '0'));
  });

  it('is read with the curve named inside and with attributes', () => {
    const inner = concatBytes(
      hexDecode('303102010104' + '20'),
      key.toScalar(),
      hexDecode('a00a06082a8648ce3d030107'),
    );
    const head = hexDecode('020100301306072a8648ce3d020106082a8648ce3d0301070433');
    const body = concatBytes(head, inner, hexDecode('a000'));
    const whole = concatBytes(Uint8Array.of(0x30, body.length), body);
    expect(PrivateKey.fromPkcs8(whole).toPkcs8()).toEqual(der);
  });

  const publicAt = der.length - 65;
  it.each([
    ['a trailing byte', concatBytes(der, Uint8Array.of(0)), 'invalid_private_key'],
    ['another version', edited(der, 5, 1), 'invalid_private_key'],
    [
      'the public half of another key',
      concatBytes(der.slice(0, publicAt), ecPoint(2)),
      'invalid_private_key',
    ],
    ['a public half off the curve', edited(der, 137, (der[137] ?? 0) ^ 1), 'invalid_public_key'],
    ['another algorithm', edited(der, 16, 2), 'unsupported_key'],
    ['a zero scalar', concatBytes(bare.slice(0, -32), new Uint8Array(32)), 'invalid_private_key'],
    ['SubjectPublicKeyInfo', key.publicKey.spki, 'invalid_private_key'],
  ] as const)('refuses %s', (_, bytes, code) => {
    expectCode(code, () => PrivateKey.fromPkcs8(bytes));
  });

  it('answers any damage with a code', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(der, bare, ca.toPkcs8()),
        fc.nat(),
        fc.nat(255),
        fc.nat(),
        (d, at, value, cut) => {
          codeOf(() => PrivateKey.fromPkcs8(edited(d, at % d.length, value)));
          expect(codeOf(() => PrivateKey.fromPkcs8(d.slice(0, cut % d.length)))).not.toBe('ok');
        },
      ),
      runs(100),
    );
  });

  it('refuses PEM with another label', () => {
    expectCode('invalid_pem', () => PrivateKey.fromPem(pemEncode('EC PRIVATE KEY', der)));
    expectCode('invalid_pem', () => PrivateKey.fromPem(''));
  });

  it('never puts key material into an error', () => {
    const bad = edited(der, 137, (der[137] ?? 0) ^ 1);
    const error = catchError(() => PrivateKey.fromPem(pemEncode('PRIVATE KEY', bad)));
    expect(inspect(error)).not.toContain(hexEncode(key.toScalar()).slice(0, 16));
    expect(inspect(error)).not.toContain(base64Encode(der).slice(48, 64));
  });
});

describe('handles', () => {
  it('show the fingerprint and never the secret', () => {
    const secret = [hexEncode(key.toScalar()), base64Encode(key.toScalar()), String(key.toScalar())];
    const shown = [
      JSON.stringify({ key }),
      inspect(key, { depth: 9, showHidden: true }),
      String(key),
      JSON.stringify(structuredClone({ ...key })),
    ].join();
    expect(shown).toContain(key.publicKey.keyId());
    for (const text of secret) expect(shown).not.toContain(text.slice(2, 20));
    expect(JSON.stringify(key.publicKey)).toContain(key.publicKey.keyId());
  });

  it('are dead after wipe', () => {
    const k = PrivateKey.generate();
    const { publicKey } = k;
    k.wipe();
    const uses = [
      () => signDer(k, new Uint8Array(1)),
      () => signDer(k, new Uint8Array(1), { deterministic: true }),
      () => ecdh(k, publicKey),
      () => k.toScalar(),
      () => k.toPkcs8(),
      () => k.toPem(),
    ];
    for (const use of uses) expectCode('key_wiped', use);
    expect(k.publicKey.equals(publicKey)).toBe(true);
    expect(String(PrivateKey.generate())).toMatch(/^PrivateKey\(P-256, sha256:[0-9a-f]{16}\)$/);
    expect(String(k)).toBe('PrivateKey(P-256, wiped)');
  });

  it('have fingerprints over the SPKI', () => {
    expect(key.publicKey.fingerprint()).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(key.publicKey.fingerprint().startsWith(key.publicKey.keyId())).toBe(true);
    expect(key.publicKey.keyId()).toBe('sha256:45c3a0c7e3347d41');
  });
});

function ecPoint(scalar: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[31] = scalar;
  return PrivateKey.fromScalar(bytes).publicKey.point;
}

function catchError(action: () => unknown): CryptoError {
  try {
    action();
  } catch (error) {
    if (error instanceof CryptoError) return error;
  }
  throw new Error('expected a CryptoError');
}
