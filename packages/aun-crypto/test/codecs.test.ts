import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64Decode,
  base64Encode,
  base64UrlDecode,
  base64UrlEncode,
  concatBytes,
  hexDecode,
  hexEncode,
  pemDecode,
  pemDecodeAll,
  pemEncode,
  utf8Decode,
  utf8Encode,
} from '../src/index.js';
import { codeOf, expectCode, runs } from './support.js';

const bytes = fc.uint8Array({ maxLength: 300 });

describe('hex', () => {
  it('round-trips and agrees with the platform', () => {
    fc.assert(
      fc.property(bytes, (b) => {
        expect(hexEncode(b)).toBe(Buffer.from(b).toString('hex'));
        expect(hexDecode(hexEncode(b))).toEqual(b);
        expect(hexDecode(hexEncode(b).toUpperCase())).toEqual(b);
      }),
      runs(200),
    );
  });

  it.each(['0', 'zz', '0x', '00 ', ' 00', '00g0', '0０', '\u0130\u0131'])('refuses %j', (text) => {
    expectCode('invalid_encoding', () => hexDecode(text));
  });

  it('refuses exactly what is not pairs of hex digits', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'09afAFgG @\u0661'), maxLength: 6 }), (text) => {
        const expected = /^([0-9a-fA-F]{2})*$/.test(text) ? 'ok' : 'invalid_encoding';
        expect(codeOf(() => hexDecode(text))).toBe(expected);
      }),
      runs(300),
    );
  });
});

describe('base64', () => {
  it('round-trips and agrees with the platform', () => {
    fc.assert(
      fc.property(bytes, (b) => {
        expect(base64Encode(b)).toBe(Buffer.from(b).toString('base64'));
        expect(base64Decode(base64Encode(b))).toEqual(b);
        expect(base64UrlEncode(b)).toBe(Buffer.from(b).toString('base64url'));
        expect(base64UrlDecode(base64UrlEncode(b))).toEqual(b);
      }),
      runs(200),
    );
  });

  it('takes megabytes', () => {
    const large = new Uint8Array(3_000_001).fill(0xa5);
    expect(base64Decode(base64Encode(large)).length).toBe(large.length);
  });

  it.each([
    'AA',
    'AA=',
    'A===',
    'AB==',
    'AAB=',
    'AA==AA==',
    'AA==\n',
    ' AA==',
    '_-__',
    'AAA\0',
    '====',
    'é===',
  ])('refuses %j', (text) => {
    expectCode('invalid_encoding', () => base64Decode(text));
  });

  it.each(['A', 'AB', 'AA==', '+/AA', 'AA\n', 'AAAAA'])('base64url refuses %j', (text) => {
    expectCode('invalid_encoding', () => base64UrlDecode(text));
  });

  it('never decodes two texts to the same bytes', () => {
    const text = fc.string({ unit: fc.constantFrom(...'AB+/_-=9 \n'), maxLength: 8 });
    fc.assert(
      fc.property(text, (t) => {
        for (const [decode, encode] of [
          [base64Decode, base64Encode],
          [base64UrlDecode, base64UrlEncode],
        ] as const) {
          if (codeOf(() => decode(t)) === 'ok') expect(encode(decode(t))).toBe(t);
        }
      }),
      runs(500),
    );
  });

  it('refuses what is not text', () => {
    for (const value of [undefined, null, 1, {}, []]) {
      expectCode('invalid_encoding', () => base64Decode(value as unknown as string));
      expectCode('invalid_encoding', () => base64UrlDecode(value as unknown as string));
      expectCode('invalid_encoding', () => hexDecode(value as unknown as string));
    }
  });

  it('gives plain arrays that own their memory', () => {
    for (const decoded of [base64Decode('AAAA'), hexDecode('000000'), base64UrlDecode('AAAA')]) {
      expect(decoded.constructor).toBe(Uint8Array);
      expect(decoded.buffer.byteLength).toBe(3);
    }
  });
});

describe('UTF-8', () => {
  it('round-trips well-formed text, a BOM included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (t) => {
        expect(utf8Decode(utf8Encode(t))).toBe(t);
      }),
      runs(200),
    );
    expect(utf8Decode(utf8Encode('\ufeffx'))).toBe('\ufeffx');
  });

  it('encodes a lone surrogate as EF BF BD', () => {
    expect(hexEncode(utf8Encode('\ud800'))).toBe('efbfbd');
  });

  it.each(['ff', 'c080', 'eda080', 'e282', 'f4908080'])('refuses the bytes %s', (hex) => {
    expectCode('invalid_encoding', () => utf8Decode(hexDecode(hex)));
  });
});

describe('PEM', () => {
  const label = fc.constantFrom('CERTIFICATE', 'PRIVATE KEY', 'X509 CRL');

  it('round-trips blocks with CRLF and other text around them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(label, bytes), { maxLength: 4 }), fc.boolean(), (blocks, crlf) => {
        const text = blocks.map(([l, der]) => `subject=CN\n${pemEncode(l, der)}\n`).join('noise - --\n');
        const read = pemDecodeAll(crlf ? text.replaceAll('\n', '\r\n') : text);
        expect(read).toEqual(blocks.map(([l, der]) => ({ label: l, der })));
      }),
      runs(100),
    );
  });

  it('breaks lines after 64 characters and ends with a line feed', () => {
    const lines = pemEncode('CERTIFICATE', new Uint8Array(100)).split('\n');
    expect(lines.map((line) => line.length)).toEqual([27, 64, 64, 8, 25, 0]);
  });

  it('reads a block without line breaks at all', () => {
    expect(pemDecode('-----BEGIN X-----AAAA-----END X-----').der).toEqual(new Uint8Array(3));
  });

  it.each([
    '',
    'AAAA',
    '-----BEGIN X-----\nAAAA\n',
    '-----BEGIN X-----\nAAAA\n-----END Y-----\n',
    '-----BEGIN X\n-----\nAAAA\n-----END X-----',
    '-----BEGIN -----\nAAAA\n-----END -----',
    '-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END X-----',
    '-----BEGIN X-----\nAAA\n-----END X-----',
    '-----BEGIN X-----\nA*AA\n-----END X-----',
  ])('refuses %j', (text) => {
    expectCode('invalid_pem', () => pemDecode(text));
  });

  it('reads hostile repetition in linear time', () => {
    expectCode('invalid_pem', () => pemDecode('-----BEGIN '.repeat(100_000)));
    expectCode('invalid_pem', () => pemDecodeAll(`-----BEGIN X-----${' \n'.repeat(500_000)}`));
  });

  it('answers any text with blocks or a code', () => {
    const piece = fc.constantFrom('-----BEGIN ', '-----', '-----END ', 'X', '\n', 'AAAA', '=', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        expect(['ok', 'invalid_pem']).toContain(codeOf(() => pemDecodeAll(pieces.join(''))));
      }),
      runs(500),
    );
  });
});

it('concatBytes keeps the order and copies', () => {
  const part = Uint8Array.of(1, 2);
  const joined = concatBytes(part, new Uint8Array(0), Uint8Array.of(3));
  part.fill(9);
  expect(joined).toEqual(Uint8Array.of(1, 2, 3));
});
