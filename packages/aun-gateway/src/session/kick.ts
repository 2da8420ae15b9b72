import type { JsonObject } from 'aun-core';
import { eventText } from '../rpc/respond.js';
import type { ConnectionPort } from './live-session.js';

/** Time for the event to reach the client before the close frame (02 §11.1). */
export const KICK_FLUSH_MS = 200;

/** A deliberate, final disconnect: event, a pause, close with the same code. Never for restarts (02 §11.1). */
export function kick(port: ConnectionPort, code: number, reason: string, detail: JsonObject): void {
  port.send(eventText('event/gateway.disconnect', { code, reason, detail }), 'answer');
  port.closeAfter(code, reason, KICK_FLUSH_MS);
}
