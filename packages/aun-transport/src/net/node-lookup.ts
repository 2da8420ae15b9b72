import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isDnsFailure } from './dns-fallback.js';
import { isLocalhostName } from './localhost.js';
import type { DnsFallbackStore, HostAddress, NetworkOptions } from './options.js';

const loopback: readonly HostAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * How long one address of a name may take before the next one is tried. Node's own 250 ms fail on a busy machine even
 * where the peer answered in time.
 */
export const addressAttemptMs = 2_000;

/**
 * The `lookup` of Node's sockets: names under `.localhost` are the loopback addresses, 127.0.0.1 first; others go to
 * the injected lookup or to the system; a name that does not resolve falls back to where it was reached before.
 */
export function createNodeLookup(options: NetworkOptions): LookupFunction {
  return (hostname, request, callback) => {
    const family = requestedFamily(request.family);
    resolve(hostname, options).then(
      (addresses) => {
        const usable = family === 0 ? addresses : addresses.filter((each) => each.family === family);
        const first = usable[0];
        if (first === undefined) callback(notFound(hostname), '', 0);
        else if (request.all === true) callback(null, [...usable]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(asErrno(error, hostname), '', 0),
    );
  };
}

/** Notes where a host was reached, unless the name needs no DNS anyway. */
export function rememberHost(
  store: DnsFallbackStore | undefined,
  hostname: string,
  socket: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined },
): void {
  if (store === undefined || isLocalhostName(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
    return;
  if (socket.remoteAddress === undefined || socket.remotePort === undefined) return;
  store.remember(hostname, { ip: socket.remoteAddress, port: socket.remotePort });
}

async function resolve(hostname: string, options: NetworkOptions): Promise<readonly HostAddress[]> {
  if (isLocalhostName(hostname)) return loopback;
  try {
    return await (options.lookup ?? askSystem)(hostname);
  } catch (error) {
    const known = isDnsFailure(error) ? options.dnsFallback?.recall(hostname) : undefined;
    if (known === undefined) throw error;
    return [{ address: known.ip, family: isIP(known.ip) === 6 ? 6 : 4 }];
  }
}

function askSystem(hostname: string): Promise<readonly HostAddress[]> {
  return new Promise((fulfil, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else fulfil(addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })));
    });
  });
}

function requestedFamily(family: unknown): 0 | 4 | 6 {
  if (family === 4 || family === 'IPv4') return 4;
  return family === 6 || family === 'IPv6' ? 6 : 0;
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', hostname });
}

function asErrno(error: unknown, hostname: string): NodeJS.ErrnoException {
  return error instanceof Error ? error : Object.assign(notFound(hostname), { cause: error });
}
