import { isJsonObject, type JsonObject, type TrustRootFile } from 'aun-core';
import { CryptoError, hexEncode, pemDecodeAll, pemEncode, sha256 } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { type ReadTransaction, readIn, type WriteTransaction, writeIn } from '../db/transact.js';
import { readable } from '../identity/certificates.js';
import { prefixRange, TRUST_PREFIX } from '../record-keys.js';

const STORE = 'instance_state';
const LIST = `${TRUST_PREFIX}list`;
const BUNDLE = `${TRUST_PREFIX}bundle`;
const CERT = `${TRUST_PREFIX}cert:`;
const ISSUER = `${TRUST_PREFIX}issuer:`;

/** Name of a root: its `id`, else `root-<index from 1>`, made harmless (08 §9.1). */
const rootName = (id: string, index: number): string =>
  (id || `root-${index}`).replace(/[^A-Za-z0-9_.-]+/g, '_').slice(0, 120);

/** Keeps a verified list with its roots (08 §10.1): each root, the bundle, the list as received. */
export async function saveTrustRoots(
  context: StoreContext,
  list: JsonObject,
  roots: readonly TrustRootFile[],
): Promise<void> {
  for (const root of roots) readable(root.certPem);
  await writeIn(context.keystore, [STORE], async (transaction) => {
    const store = transaction.objectStore(STORE);
    for (const [index, root] of roots.entries()) {
      await store.put(root.certPem, `${CERT}${rootName(root.name, index + 1)}`);
    }
    const learned = await blocksUnder(context, transaction, ISSUER);
    await store.put(bundleText([...roots.map((root) => root.certPem), ...learned]), BUNDLE);
    await store.put(list, LIST);
  });
  context.notices.tell('trust');
}

/** The root learned for one issuer, also merged into the bundle (08 §9.1). */
export async function saveIssuerRootCert(
  context: StoreContext,
  issuer: string,
  certPem: string,
): Promise<void> {
  readable(certPem);
  await writeIn(context.keystore, [STORE], async (transaction) => {
    const store = transaction.objectStore(STORE);
    await store.put(certPem, `${ISSUER}${rootName(issuer, 1)}`);
    const bundle = pemBlocks(context, await store.get(BUNDLE), BUNDLE);
    await store.put(bundleText([...bundle, certPem]), BUNDLE);
  });
  context.notices.tell('trust');
}

export async function loadTrustList(context: StoreContext): Promise<JsonObject | null> {
  const list: unknown = await readIn(context.keystore, [STORE], (transaction) =>
    transaction.objectStore(STORE).get(LIST),
  );
  return isJsonObject(list) ? list : null;
}

/**
 * PEM blocks of all usable anchors, each once: roots imported for an issuer, and, only beside a readable list, the
 * bundle and the single roots (08 §9.1).
 */
export function loadTrustBundle(context: StoreContext): Promise<readonly string[]> {
  return readIn(context.keystore, [STORE], async (transaction) => {
    const store = transaction.objectStore(STORE);
    const learned = await blocksUnder(context, transaction, ISSUER);
    if (!isJsonObject(await store.get(LIST))) return unique(learned);
    const bundle = pemBlocks(context, await store.get(BUNDLE), BUNDLE);
    return unique([...bundle, ...(await blocksUnder(context, transaction, CERT)), ...learned]);
  });
}

async function blocksUnder(
  context: StoreContext,
  transaction: ReadTransaction | WriteTransaction,
  prefix: string,
): Promise<readonly string[]> {
  const values: readonly unknown[] = await transaction.objectStore(STORE).getAll(prefixRange(prefix));
  return values.flatMap((value) => pemBlocks(context, value, prefix));
}

/** A damaged text gives nothing, and the log says so. */
function pemBlocks(context: StoreContext, text: unknown, key: string): readonly string[] {
  if (typeof text !== 'string') return [];
  try {
    return pemDecodeAll(text)
      .filter((block) => block.label === 'CERTIFICATE')
      .map((block) => pemEncode(block.label, block.der));
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    context.logger.warn('key store: a trust root is damaged', { key, reason: error.message });
    return [];
  }
}

/** All roots trimmed, each once by its DER, joined with LF, final LF. */
const bundleText = (pems: readonly string[]): string =>
  unique(pems)
    .map((pem) => `${pem.trim()}\n`)
    .join('');

function unique(pems: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return pems.filter((pem) => {
    const id = pemDecodeAll(pem)
      .map((block) => hexEncode(sha256(block.der)))
      .join();
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}
