import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { ValidationError } from 'aun-core';
import type { TlsOptions } from './options.js';

const pemBlock =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const maxContexts = 16;
const contexts = new Map<string, tls.SecureContext>();

/**
 * Options for `tls.connect`. Extra CAs are added to the default roots, never put in their place. Contexts are shared:
 * building one parses every system root, which takes milliseconds and memory.
 *
 * @throws {ValidationError} when `caPem` holds no readable certificate
 */
export function nodeTlsOptions(options: TlsOptions = {}): {
  readonly rejectUnauthorized: boolean;
  readonly secureContext?: tls.SecureContext;
} {
  const rejectUnauthorized = options.verify !== false;
  if (options.caPem === undefined || !rejectUnauthorized) return { rejectUnauthorized };
  return { rejectUnauthorized, secureContext: contextFor(options.caPem) };
}

function contextFor(caPem: string): tls.SecureContext {
  const known = contexts.get(caPem);
  if (known !== undefined) return known;
  const context = createContext(caPem);
  if (contexts.size >= maxContexts) contexts.clear();
  contexts.set(caPem, context);
  return context;
}

function createContext(caPem: string): tls.SecureContext {
  const extra = caPem.match(pemBlock);
  if (extra === null) throw unreadable();
  try {
    // OpenSSL silently skips what it cannot read; a CA that is skipped shows up much later as a refused server.
    for (const pem of extra) new X509Certificate(pem);
    return tls.createSecureContext({ ca: [...defaultRoots(), ...extra] });
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** `tls.getCACertificates` appeared in Node 22.15; before it the bundled roots and NODE_EXTRA_CA_CERTS are the default. */
function defaultRoots(): readonly string[] {
  if ('getCACertificates' in tls && typeof tls.getCACertificates === 'function') {
    const roots: unknown = tls.getCACertificates('default');
    if (Array.isArray(roots)) return roots.map(String);
  }
  return [...tls.rootCertificates, ...extraRoots(process.env.NODE_EXTRA_CA_CERTS)];
}

function extraRoots(path: string | undefined): readonly string[] {
  if (path === undefined || path === '') return [];
  try {
    return readFileSync(path, 'utf8').match(pemBlock) ?? [];
  } catch {
    // Node itself has already warned about this file at start-up and goes on without it.
    return [];
  }
}

function unreadable(cause?: unknown): ValidationError {
  return new ValidationError('tls.caPem: must hold PEM certificates', {
    data: { field: 'tls.caPem' },
    cause,
  });
}
