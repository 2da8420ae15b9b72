import { noopLogger } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { dnsMemory } from '../../src/node/dns-memory.js';
import { FakeClock, settle } from '../support/fake-clock.js';

const notFound = () =>
  Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));

describe('names that were reached before', () => {
  const clock = new FakeClock();
  const disk = new Map<string, { ip: string; port: number }>();
  let writes = 0;
  const keys = {
    loadDnsEntry: async (hostname: string) => disk.get(hostname) ?? null,
    saveDnsEntry: async (hostname: string, ip: string, port: number) => {
      writes += 1;
      disk.set(hostname, { ip, port });
    },
  };
  const open = (resolve: typeof notFound | (() => Promise<readonly { address: string; family: 4 | 6 }[]>)) =>
    dnsMemory({ keys, clock, logger: noopLogger, resolve });

  it('are found by a later process whose DNS fails', async () => {
    open(notFound).dnsFallback.remember('gateway.example.test', { ip: '192.0.2.7', port: 443 });
    await settle();
    expect(await open(notFound).lookup('gateway.example.test')).toEqual([
      { address: '192.0.2.7', family: 4 },
    ]);
    await expect(open(notFound).lookup('other.example.test')).rejects.toThrow('ENOTFOUND');
  });

  it('are asked for afresh while DNS works', async () => {
    const works = open(async () => [{ address: '2001:db8::1', family: 6 as const }]);
    expect(await works.lookup('gateway.example.test')).toEqual([{ address: '2001:db8::1', family: 6 }]);
  });

  it('are written once an hour, or when the address changes', async () => {
    const memory = open(notFound).dnsFallback;
    writes = 0;
    for (const ip of ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.2']) {
      memory.remember('pki.example.test', { ip, port: 443 });
    }
    expect(writes).toBe(2);
    await clock.advance(3_600_000);
    memory.remember('pki.example.test', { ip: '192.0.2.2', port: 443 });
    expect(writes).toBe(3);
    expect(memory.recall('pki.example.test')).toEqual({ ip: '192.0.2.2', port: 443 });
  });

  it('do not hide a disk that fails', async () => {
    const failing = dnsMemory({
      keys: {
        loadDnsEntry: () => Promise.reject(new Error('disk')),
        saveDnsEntry: () => Promise.reject(new Error('disk')),
      },
      clock,
      logger: noopLogger,
      resolve: notFound,
    });
    failing.dnsFallback.remember('gateway.example.test', { ip: '192.0.2.7', port: 443 });
    await expect(failing.lookup('gateway.example.test')).rejects.toThrow('ENOTFOUND');
  });
});
