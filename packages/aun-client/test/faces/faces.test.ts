import type { Result } from 'aun-core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as browser from '../../src/browser.js';
import * as node from '../../src/index.js';

type Loaded<A> = Result<{ aid: A }>;

describe('the two faces of the client', () => {
  it('export the same names', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  it('have the same members', () => {
    const membersOf = (made: { readonly prototype: object }): string[] => {
      const names: string[] = [];
      for (let level = made.prototype; level !== Object.prototype; level = Object.getPrototypeOf(level))
        names.push(...Object.getOwnPropertyNames(level));
      return [...new Set(names)].sort();
    };
    const pairs = [
      ['AIDStore', node.AIDStore, browser.AIDStore],
      ['AID', node.AID, browser.AID],
      ['AUNClient', node.AUNClient, browser.AUNClient],
    ] as const;
    for (const [name, inNode, inBrowser] of pairs) {
      expect(membersOf(inBrowser)).toEqual(membersOf(inNode));
      expect([inNode.name, inBrowser.name]).toEqual([name, name]);
    }
  });

  it('give local work at once in Node and as a promise in browsers', () => {
    expectTypeOf<ReturnType<node.AIDStore['load']>>().toEqualTypeOf<Loaded<node.AID>>();
    expectTypeOf<ReturnType<browser.AIDStore['load']>>().toEqualTypeOf<Promise<Loaded<browser.AID>>>();
    type Local = 'load' | 'list' | 'changeSeed' | 'importGroupIdentity';
    type Promised<F> = F extends (...args: infer P) => infer R ? (...args: P) => Promise<R> : never;
    expectTypeOf<Pick<browser.AIDStore, 'list' | 'changeSeed' | 'importGroupIdentity'>>().toEqualTypeOf<{
      [K in Exclude<Local, 'load'>]: Promised<node.AIDStore[K]>;
    }>();
    type Crypto = 'sign' | 'verify' | 'signAgentMd' | 'verifyAgentMd';
    expectTypeOf<Pick<browser.AID, Crypto>>().toEqualTypeOf<{ [K in Crypto]: Promised<node.AID[K]> }>();
  });

  it('have the same Async forms', () => {
    type Async = 'listAsync' | 'changeSeedAsync' | 'importGroupIdentityAsync';
    expectTypeOf<Pick<browser.AIDStore, Async>>().toEqualTypeOf<Pick<node.AIDStore, Async>>();
    expectTypeOf<ReturnType<node.AIDStore['loadAsync']>>().toEqualTypeOf<Promise<Loaded<node.AID>>>();
    expectTypeOf<ReturnType<browser.AIDStore['loadAsync']>>().toEqualTypeOf<Promise<Loaded<browser.AID>>>();
  });

  it('hand out AIDs of their own class', () => {
    expectTypeOf<node.AUNClient['currentAid']>().toEqualTypeOf<node.AID | null>();
    expectTypeOf<browser.AUNClient['currentAid']>().toEqualTypeOf<browser.AID | null>();
    expectTypeOf<ReturnType<browser.AUNClient['lookupPeer']>>().toEqualTypeOf<Promise<browser.AID>>();
    expectTypeOf<browser.ResolveResult['aid']>().toEqualTypeOf<browser.AID>();
    const wrong = (client: browser.AUNClient, aid: node.AID): void => {
      // @ts-expect-error: an AID of the other face
      client.loadIdentity(aid);
    };
    expectTypeOf(wrong).toBeFunction();
  });
});
