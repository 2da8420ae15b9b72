import type { JsonObject } from 'aun-core';
import type { SessionInfo } from '../../session/session-info.js';

const MAX_TEXT = 4096;

/** Text of an echo diagnostic, or null (02 §10). Only plaintext payloads come here. */
export function echoText(payload: JsonObject): string | null {
  const { text } = payload;
  if (typeof text !== 'string' || text.length > MAX_TEXT) return null;
  const firstLine = text.split('\n', 1)[0] ?? '';
  return firstLine.toLowerCase().includes('echo') ? text : null;
}

const two = (value: number): string => String(value).padStart(2, '0');

const clockTime = (nowMs: number): string => {
  const at = new Date(nowMs);
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${milliseconds}`;
};

/** The hops of gateway and message service, one line each, in order (04 §17). */
export function withEchoHops(text: string, session: SessionInfo, to: string, nowMs: number): string {
  const time = clockTime(nowMs);
  const uptime = Math.max(0, Math.floor((nowMs - session.connectedAt) / 1000));
  return (
    `${text}\n${time} [AUN-Gateway.route] aid=${session.aid} conn_uptime=${uptime}s` +
    `\n${time} [AUN-Message.relay] from=${session.aid} to=${to}`
  );
}
