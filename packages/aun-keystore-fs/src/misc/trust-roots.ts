import { join } from 'node:path';
import { isJsonObject, type JsonObject, type TrustRootFile, tryParseJson } from 'aun-core';
import { CryptoError, hexEncode, pemDecodeAll, pemEncode, sha256, utf8Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { listIfPresent, readTextIfPresent } from '../files/read.js';
import { replaceFile } from '../files/replace-file.js';
import { readable } from '../identity/certificates.js';
import { whileLocked } from '../lock/identity-lock.js';
import type { Steps } from '../steps.js';

const LOCK = '_trust_roots';

/** Stem of a root's file: its `id`, else fingerprint, else `root-<index from 1>`, made harmless (08 §9.1). */
export function trustRootName(
  root: { readonly id?: string | undefined; readonly fingerprint?: string | undefined },
  index: number,
): string {
  return safeStem(root.id || root.fingerprint || `root-${index}`);
}

const safeStem = (text: string): string => text.replace(/[^A-Za-z0-9_.-]+/g, '_').slice(0, 120);

/** Writes a verified list with its roots (08 §9.1): `{name}.crt`, bundle, list as received. */
export function* saveTrustRoots(
  context: StoreContext,
  list: JsonObject,
  roots: readonly TrustRootFile[],
): Steps<void> {
  for (const root of roots) readable(root.certPem);
  yield* whileLocked(context, LOCK, () => {
    roots.forEach((root, index) => {
      write(context, `${trustRootName({ id: root.name }, index + 1)}.crt`, root.certPem);
    });
    write(
      context,
      'trust-roots.pem',
      bundleText([...roots.map((root) => root.certPem), ...issuerRoots(context)]),
    );
    write(context, 'trust-roots.json', JSON.stringify(list, null, 2));
  });
}

/** The root learned for one issuer, also merged into the bundle (08 §9.1). */
export function* saveIssuerRootCert(context: StoreContext, issuer: string, certPem: string): Steps<void> {
  readable(certPem);
  yield* whileLocked(context, LOCK, () => {
    write(context, join('issuers', `${trustRootName({ id: issuer }, 1)}.root.crt`), certPem);
    const bundle = readTextIfPresent(context.files, join(context.layout.trust, 'trust-roots.pem')) ?? '';
    write(
      context,
      'trust-roots.pem',
      bundleText([...pemBlocks(context, bundle, 'trust-roots.pem'), certPem]),
    );
  });
}

export function loadTrustList(context: StoreContext): JsonObject | null {
  const text = readTextIfPresent(context.files, join(context.layout.trust, 'trust-roots.json'));
  const list = text === null ? undefined : tryParseJson(text);
  return isJsonObject(list) ? list : null;
}

/**
 * PEM blocks of all usable anchors, each once: roots imported for an issuer, and, only beside a readable list, the
 * bundle and the `.crt` files (08 §9.1).
 */
export function loadTrustBundle(context: StoreContext): readonly string[] {
  const listed = loadTrustList(context) === null ? [] : listedRoots(context);
  return unique([...listed, ...issuerRoots(context)]);
}

function listedRoots(context: StoreContext): readonly string[] {
  const crts = listIfPresent(context.files, context.layout.trust).filter((name) => name.endsWith('.crt'));
  return ['trust-roots.pem', ...crts.toSorted()].flatMap((name) => blocksOf(context, name));
}

function issuerRoots(context: StoreContext): readonly string[] {
  return listIfPresent(context.files, join(context.layout.trust, 'issuers'))
    .filter((name) => name.endsWith('.root.crt'))
    .toSorted()
    .flatMap((name) => blocksOf(context, join('issuers', name)));
}

function blocksOf(context: StoreContext, name: string): readonly string[] {
  return pemBlocks(context, readTextIfPresent(context.files, join(context.layout.trust, name)) ?? '', name);
}

/** A damaged file gives nothing, and the log says so. */
function pemBlocks(context: StoreContext, text: string, name: string): readonly string[] {
  try {
    return pemDecodeAll(text)
      .filter((block) => block.label === 'CERTIFICATE')
      .map((block) => pemEncode(block.label, block.der));
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    context.logger.warn('key store: a trust root file is damaged', { file: name, reason: error.message });
    return [];
  }
}

/** All roots trimmed, each once by its DER, joined with LF, final LF. */
function bundleText(pems: readonly string[]): string {
  return unique(pems)
    .map((pem) => `${pem.trim()}\n`)
    .join('');
}

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

function write(context: StoreContext, name: string, text: string): void {
  replaceFile(context, join(context.layout.trust, name), utf8Encode(text));
}
