import { aidDirectoryName, KeyStoreError, type PendingHandle } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, type WriteTransaction, writeIn } from '../db/transact.js';
import { assertUnchanged, untilUnchanged } from '../db/unchanged.js';
import { parseKeyRecord, publicKeyOf } from '../keys/key-record.js';
import { openKey, unreadable } from '../keys/protect-key.js';
import { entryName } from '../record-keys.js';
import { certPublicKey, parsed, publicKeyOfCert, replaceCert } from './certificates.js';
import { conflict } from './key-pairs.js';
import { gone, listPending, ownerOf, pendingCert, readPending } from './pending.js';
import { keepPrevious, keyRecordOf } from './previous-keys.js';

const STORES = ['key_pairs', 'certs', 'pending_identities'] as const;

/**
 * Makes the pending key and certificate the identity: key, certificate and removal of the pending entry in one
 * transaction (08 §10.3).
 *
 * @throws {KeyStoreError} `identity_exists` when another key is there and `replace` is not set; `not_found`;
 * `certificate_conflict` when the pending certificate belongs to another key; `private_key_unreadable`
 */
export async function promotePending(
  context: StoreContext,
  handle: PendingHandle,
  options: { readonly replace?: boolean } = {},
): Promise<void> {
  const name = ownerOf(handle);
  await untilUnchanged(async () => {
    const before = await readPending(context, handle);
    const publicKey = await judgedPublicKey(context, handle, before);
    await writeIn(context.keystore, STORES, async (transaction) => {
      assertUnchanged(await transaction.objectStore('pending_identities').get(handle), before);
      await replaceKey(transaction, name, publicKey, before, options.replace === true, context.clock.now());
      const certPem = pendingCert(before);
      if (certPem !== null) await replaceCert(transaction, name, certPem);
      await transaction.objectStore('pending_identities').delete(handle);
    });
  });
  context.notices.tell('identities', name);
}

/** Public key of a pending entry that may be promoted: it decrypts, and its certificate is that of its key. */
async function judgedPublicKey(
  context: StoreContext,
  handle: PendingHandle,
  value: unknown,
): Promise<string> {
  const record = keyRecordOf(value);
  if (record === null) throw gone(handle);
  if (record.kind === 'plaintext') throw unreadable(`pending entry ${handle}`, 'it is not protected');
  const keyPair = await openKey(context, record, `pending entry ${handle}`);
  if (keyPair === null) throw gone(handle);
  const certPem = pendingCert(value);
  if (certPem === null || belongs(certPem, ownerOf(handle), keyPair.publicKeyDerB64))
    return keyPair.publicKeyDerB64;
  throw new KeyStoreError(
    'certificate_conflict',
    `pending entry ${handle}: certificate and key do not belong together`,
  );
}

function belongs(certPem: string, name: string, publicKey: string): boolean {
  const certificate = parsed(certPem);
  return (
    certificate !== null &&
    certPublicKey(certificate) === publicKey &&
    aidDirectoryName(certificate.commonName) === name
  );
}

/** A damaged record counts as a key: it may be all that is left of one. A cached certificate alone does not. */
async function replaceKey(
  transaction: WriteTransaction,
  name: string,
  publicKey: string,
  pending: unknown,
  replace: boolean,
  now: number,
): Promise<void> {
  const store = transaction.objectStore('key_pairs');
  const value: unknown = await store.get(name);
  const record = parseKeyRecord(value);
  if (record !== null && record.kind !== 'no-key') {
    if (record.kind === 'protected' && publicKeyOf(record) === publicKey) return;
    if (!replace) throw conflict(name);
    if (record.kind === 'plaintext') throw unreadable(name, 'load the legacy key once before replacing it');
    await keepPrevious(transaction, name, value, now);
  }
  await store.put((pending as { readonly key_pair: unknown }).key_pair, name);
}

/**
 * Finishes a rekey that was cut short (08 §5.3): a pending key that fits the active certificate, or a pending
 * certificate that fits the active key while the active one does not. True when key and certificate now agree.
 */
export async function repairKeyPair(context: StoreContext, aid: string): Promise<boolean> {
  const name = entryName(aid);
  for (const handle of await listPending(context, aid)) {
    if (!(await fits(context, name, handle))) continue;
    await promotePending(context, handle, { replace: true });
    return true;
  }
  return false;
}

async function fits(context: StoreContext, name: string, handle: PendingHandle): Promise<boolean> {
  const [key, cert, pending] = await readIn(context.keystore, STORES, (transaction) =>
    Promise.all([
      transaction.objectStore('key_pairs').get(name) as Promise<unknown>,
      transaction.objectStore('certs').get(name) as Promise<unknown>,
      transaction.objectStore('pending_identities').get(handle) as Promise<unknown>,
    ]),
  );
  const pendingKey = publicKeyOf(keyRecordOf(pending));
  if (pendingKey === null) return false;
  if (pendingKey === publicKeyOfCert(cert)) return true;
  return (
    pendingKey === publicKeyOfCert(pendingCert(pending)) && pendingKey === publicKeyOf(parseKeyRecord(key))
  );
}
