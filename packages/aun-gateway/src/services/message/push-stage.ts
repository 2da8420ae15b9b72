import type { Clock, JsonObject } from 'aun-core';
import { RawJson } from '../../rpc/raw-json.js';
import { eventText } from '../../rpc/respond.js';
import type { LiveSession } from '../../session/live-session.js';
import type { SessionIndex } from '../../session/session-index.js';
import type { CursorBook } from '../../store/cursor-book.js';
import type { DeviceStore } from '../../store/device-store.js';
import type { InboxRow, InboxStore } from '../../store/inbox-store.js';
import type { AgentMdHints } from '../meta/agent-md-hints.js';
import { type DeliveryState, newDeliveryState } from './delivery-state.js';
import { hintPush, inlinePush, plainPush, recallPush } from './row-text.js';

/** A committed row on its way to the live connections of its device. */
export interface PushItem {
  readonly ownerAid: string;
  readonly deviceId: string;
  readonly deviceNo: number;
  readonly row: InboxRow;
  /** `_trace` of the call that caused it, or null (04 §17). */
  readonly trace: JsonObject | null;
}

export interface PushStage {
  /** After the commit, in order of seq per device (D1, D3). */
  push(item: PushItem): void;
  state(session: LiveSession): DeliveryState;
  /** A page went out on this connection. */
  pulled(session: LiveSession, deviceNo: number, page: PulledPage): void;
  /** A hint in place of content that could not be sent (D6). */
  hintAt(session: LiveSession, seq: number, messageId: string, fromAid: string): void;
  /** The same for a tracker that is ahead: it moves back, and what is above this seq counts as never sent (04 §13.1). */
  moveBack(session: LiveSession, seq: number, messageId: string, fromAid: string): void;
  sessionReady(session: LiveSession): void;
  sessionGone(session: LiveSession): void;
}

export interface PulledPage {
  /** Seq of the last row, or what the client asked for when there is none. */
  readonly lastSeq: number;
  readonly headSeq: number;
  /** Nothing above `lastSeq` exists. */
  readonly complete: boolean;
  /** Cut by the frame budget with rows left: public clients stop here (04 §7.4). */
  readonly shortened: boolean;
}

const INLINE_MAX_BYTES = 16 * 1024;
const SHORT_PAGE_DELAY_MS = 1_500;
const CONNECT_HINT_DELAY_MS = 5_000;

export interface PushStageDeps {
  readonly clock: Clock;
  readonly index: SessionIndex;
  readonly devices: DeviceStore;
  readonly inbox: InboxStore;
  readonly cursors: CursorBook;
  readonly hints: AgentMdHints;
  readonly pushInline: boolean;
}

/** Decides per connection between content, hint and later (04 §13). Everything it drops is recoverable by a pull. */
export function createPushStage(deps: PushStageDeps): PushStage {
  const { clock, cursors, devices, inbox, index } = deps;
  const states = new Map<string, DeliveryState>();

  const stateOf = (session: LiveSession): DeliveryState => {
    const known = states.get(session.info.connectionId);
    if (known) return known;
    const fresh = newDeliveryState();
    states.set(session.info.connectionId, fresh);
    return fresh;
  };

  const isLive = (session: LiveSession): boolean =>
    session.ready && index.byConnection(session.info.connectionId) === session;

  const stopTimer = (state: DeliveryState): void => {
    if (state.timer !== null) clock.clearTimeout(state.timer);
    state.timer = null;
  };

  const emit = (
    session: LiveSession,
    method: string,
    members: string,
    from: string,
    trace: JsonObject | null,
  ) => {
    const traced = trace === null ? members : `${members},"_trace":${JSON.stringify(trace)}`;
    return eventText(method, new RawJson(`{${traced}}`), deps.hints.forEvent(session.info, from));
  };

  const hintText = (
    session: LiveSession,
    seq: number,
    messageId: string,
    from: string,
    trace: JsonObject | null,
  ) =>
    emit(
      session,
      'event/peer.v2.message_received',
      hintPush(seq, messageId, from, session.info.deviceId),
      from,
      trace,
    );

  /** A hint for the newest row, if the connection has not been given it. */
  const hintHead = (session: LiveSession, deviceNo: number, above: number): boolean => {
    if (!isLive(session)) return false;
    const last = inbox.last(deviceNo);
    if (!last || last.seq <= above) return false;
    const text = hintText(session, last.seq, last.messageId, last.fromAid, null);
    if (session.port.send(text, 'data') !== 'sent') return false;
    const state = stateOf(session);
    state.sentHigh = Math.max(state.sentHigh, last.seq);
    return true;
  };

  const hint = (session: LiveSession, seq: number, messageId: string, from: string): boolean =>
    isLive(session) &&
    session.info.kind === 'long' &&
    session.port.send(hintText(session, seq, messageId, from, null), 'data') === 'sent';

  const owe = (session: LiveSession, state: DeliveryState, deviceNo: number): void => {
    if (state.owed) return;
    state.owed = true;
    session.port.whenDrained(() => {
      state.owed = false;
      hintHead(session, deviceNo, Math.max(state.contentHigh, state.sentHigh));
    });
  };

  const caughtUp = (session: LiveSession, state: DeliveryState, item: PushItem): boolean => {
    const before = item.row.seq - 1;
    if (state.contentHigh === before) return true;
    return cursors.get(item.deviceNo, session.info.slotKey, 0) === before;
  };

  /** The frame with content, or null when only a hint may go out. */
  const contentText = (session: LiveSession, state: DeliveryState, item: PushItem): string | null => {
    const { row, trace } = item;
    const { deviceId, remoteAddress: address } = session.info;
    const receiver = { deviceId, address };
    const fits = (text: string, limit: number) => (Buffer.byteLength(text) <= limit ? text : null);
    if (row.content.length + row.wrap.length > session.frameBudget) return null;
    switch (row.kind) {
      case 'plain':
        return fits(
          emit(session, 'event/message.received', plainPush(row, receiver, 'fanout'), row.fromAid, trace),
          session.frameBudget,
        );
      case 'recall':
        return fits(
          emit(session, 'event/message.recalled', recallPush(row, receiver), row.fromAid, trace),
          session.frameBudget,
        );
      case 'v2':
        if (!deps.pushInline || row.content.length > INLINE_MAX_BYTES || !caughtUp(session, state, item))
          return null;
        return fits(
          emit(session, 'event/peer.v2.message_received', inlinePush(row, receiver), row.fromAid, trace),
          Math.min(INLINE_MAX_BYTES, session.frameBudget),
        );
    }
  };

  const pushTo = (session: LiveSession, item: PushItem): void => {
    const state = stateOf(session);
    const { seq, messageId, fromAid } = item.row;
    if (seq <= state.sentHigh) return;
    if (session.port.congested) {
      owe(session, state, item.deviceNo);
      return;
    }
    const gapless = caughtUp(session, state, item);
    const content = contentText(session, state, item);
    const text = content ?? hintText(session, seq, messageId, fromAid, item.trace);
    if (session.port.send(text, 'data') !== 'sent') {
      owe(session, state, item.deviceNo);
      return;
    }
    state.sentHigh = seq;
    if (content !== null && gapless) state.contentHigh = seq;
  };

  /** Hints again as long as the client makes progress with shortened pages. */
  const expectPull = (session: LiveSession, deviceNo: number, lastSeq: number): void => {
    const state = stateOf(session);
    stopTimer(state);
    state.timer = clock.setTimeout(
      () => {
        state.timer = null;
        hintHead(session, deviceNo, lastSeq);
      },
      SHORT_PAGE_DELAY_MS,
      { background: true },
    );
  };

  return {
    push(item) {
      for (const session of index.longOfDevice(item.ownerAid, item.deviceId)) pushTo(session, item);
    },
    state: stateOf,
    pulled(session, deviceNo, page) {
      if (session.info.kind !== 'long') return;
      const state = stateOf(session);
      state.pulled = true;
      stopTimer(state);
      state.sentHigh = Math.max(state.sentHigh, page.lastSeq);
      state.contentHigh = Math.max(state.contentHigh, page.complete ? page.headSeq : page.lastSeq);
      if (page.shortened) expectPull(session, deviceNo, page.lastSeq);
    },
    hintAt(session, seq, messageId, fromAid) {
      if (!hint(session, seq, messageId, fromAid)) return;
      const state = stateOf(session);
      state.sentHigh = Math.max(state.sentHigh, seq);
    },
    moveBack(session, seq, messageId, fromAid) {
      if (!hint(session, seq, messageId, fromAid)) return;
      const state = stateOf(session);
      state.sentHigh = seq;
      state.contentHigh = seq - 1;
    },
    sessionReady(session) {
      if (session.info.kind !== 'long') return;
      const state = stateOf(session);
      // Public clients pull by themselves; this helps those that do not (04 §13.4).
      state.timer = clock.setTimeout(
        () => {
          state.timer = null;
          if (state.pulled || !isLive(session)) return;
          const { aid, deviceId, slotKey } = session.info;
          const device = devices.find(aid, deviceId);
          if (!device) return;
          const cursor = cursors.get(device.deviceNo, slotKey, device.floorSeq);
          hintHead(session, device.deviceNo, Math.max(cursor, state.sentHigh));
        },
        CONNECT_HINT_DELAY_MS,
        { background: true },
      );
    },
    sessionGone(session) {
      const state = states.get(session.info.connectionId);
      if (state) stopTimer(state);
      states.delete(session.info.connectionId);
      deps.hints.forget(session.info.connectionId);
    },
  };
}
