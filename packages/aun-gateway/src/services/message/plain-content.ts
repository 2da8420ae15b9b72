import { isJsonObject, type JsonValue } from 'aun-core';
import { invalidParams } from '../../rpc/failure.js';
import { sliceMembers } from '../../rpc/json-slice.js';
import { storable } from '../../rpc/stored-text.js';
import type { SessionInfo } from '../../session/session-info.js';
import { echoText, withEchoHops } from './echo.js';

/** Never shown to a receiver (02 §6). */
const senderDeviceKeys = ['sender_device_id', '_sender_device_id', 'from_device_id', 'from_device'] as const;

/** What a plaintext send says besides `to`. */
export interface PlainParams {
  readonly payload: JsonValue;
  /** Member texts of the params as received. */
  readonly texts: ReadonlyMap<string, string>;
}

const withoutSenderDevice = (payloadText: string): string => {
  const members = [...sliceMembers(payloadText)].filter(
    ([key]) => !senderDeviceKeys.some((hidden) => hidden === key),
  );
  return `{${members.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
};

const payloadText = (params: PlainParams, session: SessionInfo, to: string, nowMs: number): string => {
  const { payload, texts } = params;
  const received = texts.get('payload') ?? 'null';
  if (!isJsonObject(payload)) return received;
  const echo = echoText(payload);
  const shown = senderDeviceKeys.some((key) => key in payload) ? withoutSenderDevice(received) : received;
  if (echo === null) return shown;
  const members = sliceMembers(shown);
  members.set('text', JSON.stringify(withEchoHops(echo, session, to, nowMs)));
  return `{${[...members].map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
};

/** The stored members `"payload":…`, and `protected_headers` and `context` when they are objects (04 §4.1). */
export function plainContent(params: PlainParams, session: SessionInfo, to: string, nowMs: number): string {
  const { texts } = params;
  const headers = texts.get('protected_headers') ?? texts.get('headers');
  const context = texts.get('context');
  const isObject = (text: string | undefined): text is string => text?.startsWith('{') === true;
  return (
    `"payload":${payloadText(params, session, to, nowMs)}` +
    (isObject(headers) ? `,"protected_headers":${headers}` : '') +
    (isObject(context) ? `,"context":${context}` : '')
  );
}

/** The row's `type`: param, else `payload.type`, else empty. A client must not forge a recall (04 §24). */
export function plainType(type: string | null | undefined, payload: JsonValue): string {
  const inner = isJsonObject(payload) && typeof payload.type === 'string' ? payload.type : '';
  if (inner === 'message.recalled' || type === 'message.recalled') {
    throw invalidParams(
      'payload.type',
      'invalid_params: payload.type message.recalled is reserved: use message.recall',
    );
  }
  // The payload is the application's own; only its copy in the row has to fit the store.
  return type ?? storable(inner.slice(0, 128));
}
