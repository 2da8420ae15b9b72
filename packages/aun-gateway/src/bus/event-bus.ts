import type { JsonObject } from 'aun-core';
import { eventText } from '../rpc/respond.js';
import type { FrameClass } from '../session/live-session.js';
import type { SessionIndex } from '../session/session-index.js';
import type { SessionInfo } from '../session/session-info.js';

/** An event for an AID's live long connections; nothing is kept for those that are away (02 §6). */
export interface BusEvent {
  /** `event/…`. */
  readonly method: string;
  readonly params: JsonObject;
  /** `droppable` events are the first to go when a client reads too slowly. */
  readonly frameClass: Exclude<FrameClass, 'answer'>;
  /** Unix ms after which nobody gets it any more; absent: now or never. */
  readonly expiresAt?: number | undefined;
}

/** From services to connections: in this process now, over a broker once there are several. */
export interface EventBus {
  /** Offers the event to each matching ready long connection; gives the number that took it. */
  toAid(aid: string, event: BusEvent, matches?: (session: SessionInfo) => boolean): number;
}

export function createEventBus(index: SessionIndex): EventBus {
  return {
    toAid(aid, event, matches = () => true) {
      const sessions = index.longOf(aid).filter(({ info }) => matches(info));
      if (sessions.length === 0) return 0;
      const text = eventText(event.method, event.params);
      const bytes = Buffer.byteLength(text);
      return sessions.filter(
        ({ frameBudget, port }) =>
          bytes <= frameBudget && port.send(text, event.frameClass, event.expiresAt) === 'sent',
      ).length;
    },
  };
}
