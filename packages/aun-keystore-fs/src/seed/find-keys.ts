import { join } from 'node:path';
import { aidDirectoryName } from 'aun-core';
import type { StoreContext } from '../context.js';
import { exists, listIfPresent } from '../files/read.js';
import type { KeySlot } from '../keys/key-pair.js';
import { isIdentityDirectory, pendingOwner } from '../layout.js';

/** A key file that a seed change must look at. */
export interface FoundKey {
  readonly slot: KeySlot;
  /** Below the store's root, with `/`. */
  readonly relativePath: string;
  /** Under `AIDs/{aid}`: it must open. Pending material that does not is left alone (08 §6.2). */
  readonly isIdentity: boolean;
}

/** All key files under `AIDs`, pending ones and parked group keys included. */
export function findKeyFiles(context: StoreContext): readonly FoundKey[] {
  const { identities, pending, pendingBinds } = context.layout;
  const identityKeys = listIfPresent(context.files, identities)
    .filter(isIdentityDirectory)
    .map((name) => identityKey(context, name, name, `AIDs/${name}`, true));
  const pendingKeys = listIfPresent(context.files, pending).flatMap((handle) => {
    const owner = pendingOwner(handle);
    return owner === null ? [] : [identityKey(context, owner, owner, `AIDs/_pending/${handle}`, false)];
  });
  const binds = listIfPresent(context.files, pendingBinds)
    .filter((name) => name.endsWith('.json'))
    .map((name) => bindKey(context, name.slice(0, -'.json'.length)));
  return [...identityKeys, ...pendingKeys, ...binds].filter((key) => exists(context.files, key.slot.path));
}

function identityKey(
  context: StoreContext,
  scope: string,
  lock: string,
  directory: string,
  isIdentity: boolean,
): FoundKey {
  const relativePath = `${directory}/private/key.json`;
  const path = join(context.layout.root, ...relativePath.split('/'));
  return { slot: { path, scope, lock, name: 'identity/private_key' }, relativePath, isIdentity };
}

function bindKey(context: StoreContext, scope: string): FoundKey {
  const relativePath = `AIDs/_pending_binds/${scope}.json`;
  const path = join(context.layout.root, ...relativePath.split('/'));
  const lock = aidDirectoryName(`group-bind:${scope}`);
  return { slot: { path, scope, lock, name: 'pending_bind/private_key' }, relativePath, isIdentity: false };
}
