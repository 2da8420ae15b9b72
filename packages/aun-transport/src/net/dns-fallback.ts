import { errorCode } from './error-code.js';
import type { DnsFallbackStore } from './options.js';

const dnsErrorCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NONAME']);

/** True when a name could not be resolved, as against a host that could not be reached (02 §1.4). */
export function isDnsFailure(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== undefined && dnsErrorCodes.has(code)) return true;
  return error instanceof Error && error.message.includes('getaddrinfo');
}

/** A {@link DnsFallbackStore} in memory; the longest unused of more than `maxHosts` hosts is forgotten. */
export class MemoryDnsFallback implements DnsFallbackStore {
  readonly #hosts = new Map<string, { readonly ip: string; readonly port: number }>();
  readonly #maxHosts: number;

  constructor(maxHosts = 256) {
    this.#maxHosts = maxHosts;
  }

  recall(hostname: string): { readonly ip: string; readonly port: number } | undefined {
    return this.#hosts.get(hostname);
  }

  remember(hostname: string, reached: { readonly ip: string; readonly port: number }): void {
    this.#hosts.delete(hostname);
    this.#hosts.set(hostname, reached);
    if (this.#hosts.size <= this.#maxHosts) return;
    const oldest = this.#hosts.keys().next();
    if (oldest.done !== true) this.#hosts.delete(oldest.value);
  }
}
