import { type JsonObject, systemClock } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { RawJson } from '../src/rpc/raw-json.js';
import { foreignQueryOnline } from '../src/services/message/foreign/foreign-query-online.js';

const ours = 'nora.demo.example';

const ask = async (aids: readonly string[], answers: Record<string, string>) => {
  const asked: [string, unknown][] = [];
  const handler = foreignQueryOnline({
    messages: {
      clock: systemClock,
      index: { isOnline: (aid: string) => aid === ours, byConnection: () => ({ frameBudget: 900_000 }) },
    },
    port: {
      isForeign: (issuer: string) => issuer.endsWith('.test'),
      relay: async (issuer: string, _ctx: unknown, text: string) => {
        asked.push([issuer, JSON.parse(text)]);
        return new RawJson(answers[issuer] ?? '{}');
      },
    },
  } as never);
  const ctx = { session: { connectionId: 'c-1' } } as never;
  const reply = (await handler({ aids }, ctx, () => ({ local: true }))) as JsonObject;
  return { asked, reply: JSON.parse(JSON.stringify(reply)) };
};

describe('presence in several domains (04 §10)', () => {
  it('asks every domain once, in lower case, and answers under the names that were asked for', async () => {
    const { asked, reply } = await ask(['Bob.B.test', 'bob.b.test', 'eve.b.TEST', ours.toUpperCase()], {
      'b.test': '{"online":{"bob.b.test":true,"eve.b.test":"yes"}}',
    });
    expect(asked).toEqual([['b.test', { aids: ['bob.b.test', 'eve.b.test'] }]]);
    expect(reply.online).toEqual({
      'Bob.B.test': true,
      'bob.b.test': true,
      'eve.b.TEST': false,
      [ours.toUpperCase()]: true,
    });
  });

  it('gives booleans for names that objects have anyway', async () => {
    const names = ['constructor', '__proto__', 'toString', '__proto__.b.test', 'bob.b.test'];
    const { reply } = await ask(names, {
      'b.test': '{"online":{"__proto__.b.test":true,"bob.b.test":true}}',
    });
    expect(Object.entries(reply.online)).toEqual([
      ['constructor', false],
      ['__proto__', false],
      ['toString', false],
      ['__proto__.b.test', true],
      ['bob.b.test', true],
    ]);
  });
});
