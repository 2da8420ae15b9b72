import type { HttpResponse } from './types.js';

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where a response sends a GET or HEAD; undefined for no redirect, and for one that would leave TLS. */
export function redirectTarget(response: HttpResponse, from: URL): URL | undefined {
  const location = response.headers.location;
  if (location === undefined || !redirectStatuses.has(response.status)) return undefined;
  if (!URL.canParse(location, from)) return undefined;
  const target = new URL(location, from);
  if (target.protocol === 'https:') return target;
  return target.protocol === 'http:' && from.protocol === 'http:' ? target : undefined;
}
