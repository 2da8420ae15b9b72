import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { type HostAddress, isDnsFailure, isLocalhostName, MemoryDnsFallback } from '../src/index.js';
import { createNodeLookup } from '../src/net/node-lookup.js';
import type { NetworkOptions } from '../src/net/options.js';

const dnsError = (code: string) => Object.assign(new Error(`getaddrinfo ${code}`), { code });

function lookupAll(hostname: string, options: NetworkOptions, family = 0): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) => {
    createNodeLookup(options)(hostname, { all: true, family }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });
}

function lookupOne(hostname: string, options: NetworkOptions, family = 0): Promise<unknown> {
  return new Promise((resolve, reject) => {
    createNodeLookup(options)(hostname, { family }, (error, address, foundFamily) =>
      error ? reject(error) : resolve([address, foundFamily]),
    );
  });
}

const noDns: NetworkOptions = {
  lookup: async (hostname) => {
    throw new Error(`DNS was asked for ${hostname}`);
  },
};

describe('names under .localhost', () => {
  it.each(['localhost', 'LOCALHOST', 'localhost.', 'gateway.aun.localhost', 'alice.aun.localhost.'])(
    '%s is loopback, 127.0.0.1 first, without DNS',
    async (hostname) => {
      expect(isLocalhostName(hostname)).toBe(true);
      expect(await lookupAll(hostname, noDns)).toEqual([
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ]);
      expect(await lookupOne(hostname, noDns)).toEqual(['127.0.0.1', 4]);
      expect(await lookupOne(hostname, noDns, 6)).toEqual(['::1', 6]);
    },
  );

  it.each(['notlocalhost', 'localhost.example.test', 'alocalhost', '', '127.0.0.1'])(
    '%j is not one of them',
    (hostname) => {
      expect(isLocalhostName(hostname)).toBe(false);
    },
  );
});

describe('other names', () => {
  const addresses: HostAddress[] = [
    { address: '2001:db8::1', family: 6 },
    { address: '192.0.2.1', family: 4 },
  ];
  const options = { lookup: async () => addresses };

  it('are looked up as injected, in the given order and by family', async () => {
    expect(await lookupAll('gateway.example.test', options)).toEqual(addresses);
    expect(await lookupOne('gateway.example.test', options, 4)).toEqual(['192.0.2.1', 4]);
    expect(await lookupAll('gateway.example.test', options, 6)).toEqual([addresses[0]]);
  });

  it('without an address are not found', async () => {
    const empty = { lookup: async () => [] };
    await expect(lookupAll('gateway.example.test', empty)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('fall back to where they were reached when DNS fails, and only then', async () => {
    const dnsFallback = new MemoryDnsFallback();
    const failing = (code: string) => ({
      dnsFallback,
      lookup: async () => {
        throw dnsError(code);
      },
    });
    await expect(lookupOne('gateway.example.test', failing('ENOTFOUND'))).rejects.toMatchObject({
      code: 'ENOTFOUND',
    });
    dnsFallback.remember('gateway.example.test', { ip: '192.0.2.7', port: 443 });
    for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NONAME']) {
      expect(await lookupOne('gateway.example.test', failing(code))).toEqual(['192.0.2.7', 4]);
    }
    const other = {
      dnsFallback,
      lookup: async () => {
        throw new Error('out of memory');
      },
    };
    await expect(lookupOne('gateway.example.test', other)).rejects.toThrow('out of memory');
  });
});

describe('the memory of reached hosts', () => {
  it('is bounded and forgets the longest unused', () => {
    const store = new MemoryDnsFallback(2);
    store.remember('a', { ip: '192.0.2.1', port: 1 });
    store.remember('b', { ip: '192.0.2.2', port: 1 });
    store.remember('a', { ip: '192.0.2.3', port: 1 });
    store.remember('c', { ip: '192.0.2.4', port: 1 });
    expect(store.recall('a')?.ip).toBe('192.0.2.3');
    expect(store.recall('b')).toBeUndefined();
  });

  it('tells DNS failures by code or text, also inside causes', () => {
    expect(isDnsFailure(dnsError('ENOTFOUND'))).toBe(true);
    expect(isDnsFailure(new Error('fetch failed', { cause: dnsError('EAI_AGAIN') }))).toBe(true);
    expect(isDnsFailure(new Error('getaddrinfo broke'))).toBe(true);
    expect(isDnsFailure(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe(false);
    expect(isDnsFailure('ENOTFOUND')).toBe(false);
  });
});
