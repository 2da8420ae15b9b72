import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFrame } from '../../src/rpc/frame.js';
import { sliceMember, sliceMembers } from '../../src/rpc/json-slice.js';

const runs = { numRuns: 300 * (process.env.AUN_SOAK === '1' ? 50 : 1) };

describe('cutting members out of JSON text', () => {
  it('gives for every object the text whose parse is the member', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom(undefined, 1, '\t'),
        (object, indent) => {
          const text = JSON.stringify(object, null, indent);
          const members = sliceMembers(text);
          expect([...members.keys()].sort()).toEqual(Object.keys(object).sort());
          for (const [key, member] of members) {
            expect(JSON.parse(member)).toEqual(JSON.parse(JSON.stringify(object[key])));
          }
        },
      ),
      runs,
    );
  });

  it('keeps number lexemes, takes the last of equal keys and understands escaped keys', () => {
    expect(sliceMember('{"a":1.0 , "b" : [1e16,{"a":2}]}', 'a')).toBe('1.0');
    expect(sliceMember('{"a":1.0 , "b" : [1e16,{"a":2}]}', 'b')).toBe('[1e16,{"a":2}]');
    expect(sliceMember('{"a":1,"a":{"x":"}\\"]"}}', 'a')).toBe('{"x":"}\\"]"}');
    expect(sliceMember('{"p\\u0061y":true}', 'pay')).toBe('true');
    expect(sliceMembers('{ }').size).toBe(0);
  });
});

describe('reading frames', () => {
  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify({ method: value })),
        ),
        (text) => {
          expect(['request', 'notification', 'silent', 'bad']).toContain(readFrame(text).kind);
        },
      ),
      runs,
    );
  });

  it('takes a frame with method and id as request, without id (or null) as notification', () => {
    expect(readFrame('{"id":1,"method":"m"}')).toMatchObject({ kind: 'request', id: 1, params: {} });
    expect(readFrame('{"id":null,"method":"m"}')).toMatchObject({ kind: 'notification', method: 'm' });
    expect(readFrame('{"id":"a","method":"m","params":[1]}')).toMatchObject({ kind: 'bad', id: 'a' });
  });
});
