import { isJsonObject, type JsonObject, type JsonValue, normalizeGroupId } from 'aun-core';
import type { WrapProtocol } from './constants.js';
import type { RecipientRow } from './envelope.js';
import { withoutAuth } from './metadata.js';
import { textOf } from './wire.js';

/** A decrypted message. Everything but `payloadType` is authenticated by the sender or for the recipients. */
export interface OpenedMessage {
  readonly payload: JsonValue;
  /** The signed context of the message (03 §5.2). */
  readonly aad: JsonObject;
  readonly from: string;
  readonly fromDevice: string;
  /** Addressee of a P2P message. */
  readonly to?: string;
  /** Normalised id of the group. */
  readonly groupId?: string;
  readonly messageId: string;
  /** Unix ms, the sender's clock. */
  readonly timestamp: number;
  /** The row it was opened with. */
  readonly row: RecipientRow;
  readonly protocol: WrapProtocol;
  /** Without `_auth`; absent when the envelope has none. */
  readonly protectedHeaders?: JsonObject;
  readonly context?: JsonObject;
  /** The envelope's own `payload_type`, else the protected header. */
  readonly payloadType?: string;
}

export function openedMessage(
  envelope: JsonObject,
  row: RecipientRow,
  protocol: WrapProtocol,
  payload: JsonValue,
): OpenedMessage {
  const aad: JsonObject = isJsonObject(envelope.aad) ? envelope.aad : {};
  const payloadType = payloadTypeOf(envelope);
  const headers = bodyOf(envelope.protected_headers);
  const context = bodyOf(envelope.context);
  return {
    payload,
    aad,
    from: textOf(aad.from),
    fromDevice: textOf(aad.from_device),
    ...(typeof aad.to === 'string' ? { to: aad.to } : {}),
    ...(typeof aad.group_id === 'string' ? { groupId: normalizeGroupId(aad.group_id) } : {}),
    messageId: textOf(aad.message_id),
    timestamp: typeof aad.timestamp === 'number' ? aad.timestamp : 0,
    row,
    protocol,
    ...(headers === null ? {} : { protectedHeaders: headers }),
    ...(context === null ? {} : { context }),
    ...(payloadType === '' ? {} : { payloadType }),
  };
}

/** Metadata as applications see it: without `_auth`, null when absent or empty. */
export function bodyOf(metadata: JsonValue | undefined): JsonObject | null {
  if (!isJsonObject(metadata)) return null;
  const body = withoutAuth(metadata);
  return Object.keys(body).length === 0 ? null : body;
}

/** `payload_type` of an envelope, else its protected header, else `""` (03 §8.2). Not verified here. */
export function payloadTypeOf(envelope: JsonObject): string {
  const own = textOf(envelope.payload_type);
  if (own !== '') return own;
  const headers = envelope.protected_headers;
  return isJsonObject(headers) ? textOf(headers.payload_type) : '';
}
