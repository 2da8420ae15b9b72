import { hexEncode } from 'aun-crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recipientTree, verifyRecipientProof } from '../src/index.js';
import * as node from '../src/merkle-hash/node.js';
import * as portable from '../src/merkle-hash/portable.js';

const base64Like = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  fc.string({ unit: fc.constantFrom(...'AB+/=-_ \u00e9\ud800z9'), maxLength: 24 }),
  fc.constantFrom('AB==', 'AAA=', 'AAAA====', '====', 'AA=A', 'A'.repeat(16)),
);
const text = fc.string({ unit: 'binary', maxLength: 12 });
const row = fc.tuple(text, text, text, text, text, text, base64Like, base64Like);

describe('both ways of hashing rows agree', () => {
  it('for leaves and inner nodes of any rows', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 9 }), (rows) => {
        const leaves = portable.hashLeaves(rows);
        expect(hexEncode(node.hashLeaves(rows))).toBe(hexEncode(leaves));
        for (const only of rows.slice(0, 1)) {
          expect(node.hashLeafHex(only)).toBe(hexEncode(portable.hashLeaves([only])));
          expect(portable.hashLeafHex(only)).toBe(node.hashLeafHex(only));
        }
        expect(hexEncode(node.hashParents(leaves))).toBe(hexEncode(portable.hashParents(leaves)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('for wraps as senders write them, and for those with one character that is no base64', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const wrap = fc.tuple(text, bytes(12), bytes(48)).map(([aid, nonce, key]) => {
      const columns = [nonce, key].map((part) => Buffer.from(part).toString('base64'));
      return [aid, 'd', 'member', 'aid_master', 'sha256:00', '', ...columns];
    });
    const fault = fc.tuple(
      fc.constantFrom(6, 7),
      fc.nat(),
      fc.constantFrom(...'-_= \u00e9\u0141\u0130\ud800\n'),
    );
    fc.assert(
      fc.property(fc.array(wrap, { minLength: 1, maxLength: 9 }), fc.option(fault), (rows, wrong) => {
        if (wrong !== null) {
          const [column, at, character] = wrong;
          const row = rows[at % rows.length] ?? [];
          const old = row[column] ?? '';
          const place = at % old.length;
          row[column] = old.slice(0, place) + character + old.slice(place + 1);
        }
        expect(hexEncode(node.hashLeaves(rows))).toBe(hexEncode(portable.hashLeaves(rows)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('for characters whose low byte is base64', () => {
    for (const column of [6, 7]) {
      const row = ['a', 'd', 'member', 'aid_master', 'sha256:00', '', 'A'.repeat(16), 'A'.repeat(64)];
      const honest = hexEncode(node.hashLeaves([row]));
      row[column] = (row[column] ?? '').replace('A', '\u0141');
      const changed = hexEncode(portable.hashLeaves([row]));
      expect(changed).not.toBe(honest);
      expect(hexEncode(node.hashLeaves([row]))).toBe(changed);
      expect(node.hashLeafHex(row)).toBe(changed);
    }
  });

  it('for columns longer than any buffer kept ready', () => {
    const long = ['a'.repeat(5_000), 'é'.repeat(3_000), '', '', '', '', 'A'.repeat(16), 'A'.repeat(8_000)];
    expect(hexEncode(node.hashLeaves([long]))).toBe(hexEncode(portable.hashLeaves([long])));
    const wrapped = [...long.slice(0, 6), 'A'.repeat(16), 'A'.repeat(64)];
    expect(hexEncode(node.hashLeaves([wrapped]))).toBe(hexEncode(portable.hashLeaves([wrapped])));
  });
});

describe('Merkle proofs', () => {
  it('every row of any tree is proven, and no other row with its proof', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 33 }), fc.nat(), (rows, n) => {
        const tree = recipientTree(rows);
        const index = n % rows.length;
        const proof = tree.proof(index);
        expect(verifyRecipientProof(rows[index] ?? [], proof, tree.root)).toBe(true);
        const changed = [...(rows[index] ?? [])];
        changed[2] = `${changed[2]}x`;
        expect(verifyRecipientProof(changed, proof, tree.root)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('an index outside the rows is a RangeError', () => {
    expect(() => recipientTree([]).proof(0)).toThrow(RangeError);
    expect(() => recipientTree([['a']]).proof(0.5)).toThrow(RangeError);
  });
});
