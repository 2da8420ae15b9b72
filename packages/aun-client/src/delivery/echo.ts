import { isJsonObject, type JsonObject } from 'aun-core';

const MAX_ECHO_LENGTH = 4_096;

/** True for a plain payload that asks every hop for a line of diagnosis (02 §10). */
export const isEchoPayload = (payload: unknown): payload is JsonObject & { readonly text: string } => {
  if (!isJsonObject(payload) || typeof payload.text !== 'string') return false;
  if (payload.text.length > MAX_ECHO_LENGTH) return false;
  const firstLine = payload.text.split('\n', 1)[0] ?? '';
  return firstLine.toLowerCase().includes('echo');
};

const two = (value: number, width = 2): string => String(value).padStart(width, '0');

const clockText = (ms: number): string => {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${two(at.getMilliseconds(), 3)}`;
};

/** Appends our line; `uptimeMs` is the age of the connection. */
export const annotateEcho = (
  payload: JsonObject & { readonly text: string },
  hop: 'send' | 'receive',
  aid: string,
  now: number,
  uptimeMs: number,
): JsonObject => ({
  ...payload,
  text: `${payload.text}\n${clockText(now)} [AUN-SDK.${hop}] aid=${aid} conn_uptime=${Math.max(0, Math.floor(uptimeMs / 1_000))}s`,
});
