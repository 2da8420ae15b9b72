import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock, DnsCacheStore, Logger } from 'aun-core';
import {
  type DnsFallbackStore,
  type HostAddress,
  type HostLookup,
  isDnsFailure,
  MemoryDnsFallback,
} from 'aun-transport';

const SAVE_EVERY_MS = 60 * 60 * 1_000;
const MAX_HOSTS = 256;

export type DnsMemoryPorts = {
  readonly keys: DnsCacheStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: the system's resolver. */
  readonly resolve?: HostLookup;
};

export type DnsMemory = { readonly lookup: HostLookup; readonly dnsFallback: DnsFallbackStore };

/** Names that do not resolve are looked for where they were reached before, also by earlier processes (02 §1.4, 08 §9.2). */
export const dnsMemory = ({ keys, clock, logger, resolve = askSystem }: DnsMemoryPorts): DnsMemory => {
  const memory = new MemoryDnsFallback(MAX_HOSTS);
  const saved = new Map<string, { readonly ip: string; readonly at: number }>();
  const stored = async (hostname: string): Promise<HostAddress | null> => {
    try {
      const entry = await keys.loadDnsEntry(hostname);
      return entry === null ? null : { address: entry.ip, family: isIP(entry.ip) === 6 ? 6 : 4 };
    } catch (error) {
      logger.debug('the DNS cache cannot be read', { hostname, error });
      return null;
    }
  };
  return {
    lookup: async (hostname) => {
      try {
        return await resolve(hostname);
      } catch (error) {
        const known = isDnsFailure(error) ? await stored(hostname) : null;
        if (known === null) throw error;
        return [known];
      }
    },
    dnsFallback: {
      recall: (hostname) => memory.recall(hostname),
      remember: (hostname, reached) => {
        memory.remember(hostname, reached);
        const last = saved.get(hostname);
        if (last?.ip === reached.ip && clock.now() - last.at < SAVE_EVERY_MS) return;
        if (saved.size >= MAX_HOSTS) saved.clear();
        saved.set(hostname, { ip: reached.ip, at: clock.now() });
        keys.saveDnsEntry(hostname, reached.ip, reached.port).catch((error: unknown) => {
          logger.debug('the DNS cache cannot be written', { hostname, error });
        });
      },
    },
  };
};

const askSystem: HostLookup = async (hostname) => {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};
