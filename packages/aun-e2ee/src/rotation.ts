import { KeySource } from './constants.js';
import type { RecipientRow } from './envelope.js';

/** What to publish after a message was opened, in the background and with failures ignored (03 §10). */
export type RotationAction =
  | { readonly kind: 'rotate_peer' }
  | { readonly kind: 'rotate_group'; readonly groupId: string }
  /** Publish a first group prekey: members still wrap to the device prekey. */
  | { readonly kind: 'publish_group'; readonly groupId: string };

export interface RotationState {
  /** Last prekey this process uploaded or found marked as uploaded; `""` if none. */
  readonly uploadedPeer: string;
  readonly uploadedGroup: (groupId: string) => string;
  /** Groups for which `publish_group` was already asked in this process. */
  readonly published: ReadonlySet<string>;
}

/** The action that consuming a row's prekey calls for; null for 1DH rows and older prekeys (03 §10). */
export function rotationAfterOpen(
  row: RecipientRow,
  groupId: string | null,
  state: RotationState,
): RotationAction | null {
  const [, , , keySource, , spkId] = row;
  if (spkId === '') return null;
  if (groupId === null || groupId === '')
    return spkId === state.uploadedPeer ? { kind: 'rotate_peer' } : null;
  if (keySource === KeySource.groupDevicePrekey) {
    return spkId === state.uploadedGroup(groupId) ? { kind: 'rotate_group', groupId } : null;
  }
  const wantsGroupKey = keySource === KeySource.peerDevicePrekey && !state.published.has(groupId);
  return wantsGroupKey ? { kind: 'publish_group', groupId } : null;
}
