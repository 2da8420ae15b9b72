import type { LiveSession } from './live-session.js';

/** All live sessions: aid -> device -> slot key -> the one long session, and the short ones. */
export interface SessionIndex {
  add(session: LiveSession): void;
  /** Removes exactly this session; a successor in the same place stays. True when it was there. */
  remove(session: LiveSession): boolean;
  byConnection(connectionId: string): LiveSession | undefined;
  long(aid: string, deviceId: string, slotKey: string): LiveSession | undefined;
  /** Long sessions of an AID, ready ones only. */
  longOf(aid: string): LiveSession[];
  longOfDevice(aid: string, deviceId: string): LiveSession[];
  /** Long sessions of an AID, ready or not, for admission. */
  admittedOf(aid: string): LiveSession[];
  shortCount(aid: string, deviceId: string, slotKey: string): number;
  /** At least one ready long session (02 §12.4). */
  isOnline(aid: string): boolean;
  all(): Iterable<LiveSession>;
  readonly size: number;
}

const placeOf = ({ info }: LiveSession): string => `${info.aid}\n${info.deviceId}\n${info.slotKey}`;

export function createSessionIndex(): SessionIndex {
  const connections = new Map<string, LiveSession>();
  const longByAid = new Map<string, Set<LiveSession>>();
  const longByPlace = new Map<string, LiveSession>();
  const shortCounts = new Map<string, number>();

  const admittedOf = (aid: string): LiveSession[] => [...(longByAid.get(aid) ?? [])];

  return {
    add(session) {
      connections.set(session.info.connectionId, session);
      const place = placeOf(session);
      if (session.info.kind === 'short') {
        shortCounts.set(place, (shortCounts.get(place) ?? 0) + 1);
        return;
      }
      longByPlace.set(place, session);
      const known = longByAid.get(session.info.aid);
      if (known) known.add(session);
      else longByAid.set(session.info.aid, new Set([session]));
    },
    remove(session) {
      if (connections.get(session.info.connectionId) !== session) return false;
      connections.delete(session.info.connectionId);
      const place = placeOf(session);
      if (session.info.kind === 'short') {
        const left = (shortCounts.get(place) ?? 1) - 1;
        if (left > 0) shortCounts.set(place, left);
        else shortCounts.delete(place);
        return true;
      }
      if (longByPlace.get(place) === session) longByPlace.delete(place);
      const known = longByAid.get(session.info.aid);
      known?.delete(session);
      if (known?.size === 0) longByAid.delete(session.info.aid);
      return true;
    },
    byConnection: (connectionId) => connections.get(connectionId),
    long: (aid, deviceId, slotKey) => longByPlace.get(`${aid}\n${deviceId}\n${slotKey}`),
    longOf: (aid) => admittedOf(aid).filter((session) => session.ready),
    longOfDevice: (aid, deviceId) =>
      admittedOf(aid).filter((session) => session.ready && session.info.deviceId === deviceId),
    admittedOf,
    shortCount: (aid, deviceId, slotKey) => shortCounts.get(`${aid}\n${deviceId}\n${slotKey}`) ?? 0,
    isOnline(aid) {
      for (const session of longByAid.get(aid) ?? []) if (session.ready) return true;
      return false;
    },
    all: () => connections.values(),
    get size() {
      return connections.size;
    },
  };
}
