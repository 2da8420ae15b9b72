import { join } from 'node:path';
import { aidDirectoryName, KeyStoreError } from 'aun-core';

/** Names below `{aunPath}` (08 §2). */
export interface Layout {
  readonly root: string;
  readonly deviceId: string;
  readonly identities: string;
  readonly pending: string;
  readonly pendingBinds: string;
  readonly locks: string;
  readonly trust: string;
  readonly dnsCache: string;
  readonly seedJournal: string;
  readonly legacySeed: string;
}

export interface IdentityPaths {
  /** Directory name of the AID and scope of its key records. */
  readonly name: string;
  readonly directory: string;
  readonly privateDirectory: string;
  readonly key: string;
  readonly cert: string;
  readonly certVersions: string;
  readonly database: string;
  readonly outbox: string;
  readonly agentMd: string;
  readonly agentMdRecord: string;
  readonly agentMdLock: string;
  readonly groups: string;
}

export function storeLayout(root: string): Layout {
  const identities = join(root, 'AIDs');
  return {
    root,
    deviceId: join(root, '.device_id'),
    identities,
    pending: join(identities, '_pending'),
    pendingBinds: join(identities, '_pending_binds'),
    locks: join(root, 'locks', 'identity'),
    trust: join(root, 'CA', 'root'),
    dnsCache: join(root, 'dns_cache.db'),
    seedJournal: join(root, '.seed-change.json'),
    legacySeed: join(root, '.seed'),
  };
}

/** Paths inside one identity directory, which may also be a pending one. */
export function identityPathsIn(directory: string, name: string): IdentityPaths {
  const privateDirectory = join(directory, 'private');
  return {
    name,
    directory,
    privateDirectory,
    key: join(privateDirectory, 'key.json'),
    cert: join(directory, 'public', 'cert.pem'),
    certVersions: join(directory, 'public', 'certs'),
    database: join(directory, 'aun.db'),
    outbox: join(directory, 'outbox.db'),
    agentMd: join(directory, 'agent.md'),
    agentMdRecord: join(directory, 'agentmd.json'),
    agentMdLock: join(directory, 'agentmd.json.lock'),
    groups: join(directory, 'groups'),
  };
}

/** @throws {KeyStoreError} `invalid_argument` for a text that cannot be a directory of its own */
export function identityPaths(layout: Layout, aid: string): IdentityPaths {
  const name = directoryName(aid, 'aid');
  return identityPathsIn(join(layout.identities, name), name);
}

const reserved = new Set(['.', '..', '_pending', '_pending_binds']);

export function directoryName(text: string, field: string): string {
  const name = aidDirectoryName(text);
  if (name === '' || reserved.has(name) || name.includes('\0') || name.length > 200) {
    throw new KeyStoreError(
      'invalid_argument',
      `${field}: "${name.slice(0, 80)}" cannot name an entry of the store`,
    );
  }
  return name;
}

/**
 * Is a directory under `AIDs` that of an identity or peer? `_pending` and its like are not (08 §2), but an AID may begin
 * with `_` (07 §2.5): it has a dot, they have none.
 */
export const isIdentityDirectory = (name: string): boolean => !name.startsWith('_') || name.includes('.');

/** `{dir}-<8 hex>-<unix s>`; null when the name has another form (08 §5.1). */
export function pendingOwner(handle: string): string | null {
  return /^(.+)-[0-9a-f]{8}-[0-9]+$/.exec(handle)?.[1] ?? null;
}

/** Version file of a certificate; null when the text is not `sha256:` + 64 lower-case hex (08 §8.3). */
export function certVersionFile(paths: IdentityPaths, fingerprint: string): string | null {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(fingerprint)?.[1];
  return hex === undefined ? null : join(paths.certVersions, `sha256_${hex}.pem`);
}
