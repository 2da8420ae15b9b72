import type { AgentMdManager } from 'aun-agentmd';
import type { JsonObject } from 'aun-core';
import type { Kick } from '../connection/lifecycle.js';
import type { Inbound } from '../connection/link.js';
import type { PushHandlers } from '../delivery/push-handlers.js';
import { withCardHint } from './instance-session.js';

/** Server events that reach the application as they are (02 §6). */
const PASSED_ON: ReadonlySet<string> = new Set([
  'message.ack',
  'group.message_created',
  'group.message_recalled',
  'group.changed',
  'group.v2.state_proposed',
  'group.v2.state_confirmed',
  'group.v2.state_retry_needed',
  'storage.object_changed',
]);

export type RouterPorts = {
  readonly pushes: PushHandlers;
  readonly cards: Pick<AgentMdManager, 'eventSnapshot'>;
  readonly emit: (event: string, payload: object) => void;
  readonly onKick: (kick: Kick) => void;
};

/** Sends every inbound frame to whoever handles it (02 §3.3). */
export const routeInbound = (frame: Inbound, ports: RouterPorts): void => {
  switch (frame.kind) {
    case 'event':
      routeEvent(frame.name, frame.params, ports);
      return;
    case 'notification':
      ports.emit('notification', { method: frame.frame.method, params: frame.frame.params ?? {} });
      return;
    case 'challenge':
      ports.emit('connection.challenge', frame.params);
      return;
    case 'error':
      ports.emit('connection.error', { error: frame.error, code: 'SERIALIZATION_ERROR' });
  }
};

const routeEvent = (name: string, params: JsonObject, ports: RouterPorts): void => {
  if (name === 'gateway.disconnect') {
    const kick = kickOf(params);
    ports.onKick(kick);
    ports.emit(name, { code: kick.code ?? null, reason: kick.reason, detail: kick.detail ?? null });
    return;
  }
  if (ports.pushes.handle(name, params)) return;
  if (PASSED_ON.has(name)) ports.emit(name, withCardHint(params, ports.cards));
  // As another application sent it: no hint at the own card is mixed in (02 §6, 07 §9).
  else if (name.startsWith('app.')) ports.emit(name, params);
};

const kickOf = (params: JsonObject): Kick => ({
  ...(typeof params.code === 'number' ? { code: params.code } : {}),
  reason: typeof params.reason === 'string' ? params.reason : 'server kicked',
  ...(params.detail === undefined ? {} : { detail: params.detail }),
});
