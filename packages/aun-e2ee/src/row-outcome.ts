import type { JsonObject } from 'aun-core';
import type { OpenedMessage } from './opened-message.js';
import type { RotationAction } from './rotation.js';
import type { UndecryptableEvent } from './undecryptable.js';

/**
 * What became of one pulled row. Its seq counts as consumed in every case (03 §8.2), `pending` too: keep the row until
 * the sender's key is there, then open it once more with `allowPending: false`.
 */
export type RowOutcome =
  | {
      readonly kind: 'delivered';
      /** For the application. */
      readonly message: JsonObject;
      /** Absent for plaintext rows. */
      readonly opened?: OpenedMessage;
      /** What to publish afterwards, in the background. */
      readonly rotation: RotationAction | null;
    }
  | { readonly kind: 'undecryptable'; readonly event: UndecryptableEvent }
  | { readonly kind: 'pending'; readonly from: string; readonly deviceId: string; readonly groupId: string }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

/** Why a row is consumed without a trace. */
export type DropReason =
  | 'not_an_object'
  | 'unknown_version'
  | 'envelope_unreadable'
  | 'legacy_envelope'
  | 'empty_payload'
  | 'not_recipient'
  | 'merkle_proof_invalid'
  | 'replay';
