import { isJsonObject, type JsonObject, type JsonValue, noopLogger } from 'aun-core';
import { isEncryptedPush, ReplaySet } from 'aun-e2ee';
import { PullGate } from 'aun-transport';
import type { Instance } from '../../src/delivery/app-message.js';
import { DeliveryNamespace } from '../../src/delivery/namespace.js';
import { P2PInbox } from '../../src/delivery/p2p-inbox.js';
import type { RowOutcome } from '../../src/delivery/pulled-row.js';
import { PushHandlers } from '../../src/delivery/push-handlers.js';
import { RecallFilter } from '../../src/delivery/recall.js';
import { rowOpener } from '../../src/delivery/row-opener.js';
import { UnheardMessages } from '../../src/delivery/unheard.js';
import type { SignedCallOptions } from '../../src/rpc/signed-caller.js';
import { FakeClock, settle } from './fake-clock.js';

export const OWN: Instance = { aid: 'otto.demo.example', deviceId: 'd-otto-1', slotId: 'main' };

type Call = { readonly method: string; readonly params: JsonObject };

/** An inbox over a scripted server: a list of rows, a cursor, and a record of what was asked. */
export class ScriptedInbox {
  readonly clock = new FakeClock();
  readonly calls: Call[] = [];
  /** Those of the calls, in the same order. */
  readonly options: SignedCallOptions[] = [];
  readonly events: { readonly event: string; readonly message: JsonObject }[] = [];
  readonly space: DeliveryNamespace;
  readonly inbox: P2PInbox;
  readonly pushes: PushHandlers;
  readonly unheard = new UnheardMessages();
  rows: JsonObject[] = [];
  cursor = 0;
  pageLimit = 50;
  sayHasMore = true;
  ready = true;
  onEvent: (message: JsonObject) => Promise<void> = async () => undefined;
  openEncrypted: (row: JsonObject) => Promise<RowOutcome> = async (row) => ({
    kind: 'message',
    event: 'message.received',
    message: {
      message_id: row.message_id ?? '',
      from: row.from_aid ?? '',
      seq: row.seq ?? 0,
      payload: { text: `m${row.seq}` },
    },
    returned: true,
  });
  answer: (call: Call) => Promise<JsonValue> = async (call) => this.#serve(call);

  constructor(restored = 0) {
    this.space = new DeliveryNamespace(
      'p2p:otto.demo.example',
      this.clock,
      restored,
      async (event, message) => {
        this.events.push({ event, message: message as JsonObject });
        await this.onEvent(message as JsonObject);
      },
    );
    const recalls = new RecallFilter();
    const replays = new ReplaySet();
    const open = (row: JsonObject) => this.openEncrypted(row);
    this.inbox = new P2PInbox({
      own: OWN,
      space: this.space,
      gate: new PullGate({ clock: this.clock }),
      call: async (method, params, options = {}) => {
        const call = { method, params };
        this.calls.push(call);
        this.options.push(options);
        return this.answer(call);
      },
      open: rowOpener({ own: OWN, openEncrypted: open, recalls, replays, plain: (message) => message }),
      unheard: this.unheard,
      clock: this.clock,
      logger: noopLogger,
      isReady: () => this.ready,
      cursorMoved: () => undefined,
      onAcked: () => undefined,
    });
    this.pushes = new PushHandlers({
      own: OWN,
      inbox: this.inbox,
      recalls,
      replays,
      openEncrypted: open,
      openEncryptedPush: open,
      looksEncrypted: isEncryptedPush,
      plain: (push) => push,
      cursorMoved: () => undefined,
      logger: noopLogger,
    });
  }

  get seqs(): number[] {
    return this.events.map(({ message }) => Number(message.seq));
  }

  methods(): string[] {
    return this.calls.map(({ method }) => method);
  }

  async push(name: string, params: JsonObject): Promise<void> {
    this.pushes.handle(name, params);
    await settle();
  }

  #serve({ method, params }: Call): JsonValue {
    if (method === 'message.v2.ack') {
      this.cursor = Math.max(this.cursor, Number(params.up_to_seq));
      return { success: true, ack_seq: this.cursor };
    }
    this.cursor = Math.max(this.cursor, Number(params.ack_up_to_seq ?? 0));
    const after = Number(params.after_seq);
    const rest = this.rows.filter((row) => Number(row.seq) > after);
    const messages = rest.slice(0, Math.min(this.pageLimit, Number(params.limit)));
    const page = { messages, latest_seq: Number(messages.at(-1)?.seq ?? after), server_ack_seq: this.cursor };
    return this.sayHasMore ? { ...page, has_more: rest.length > messages.length } : page;
  }
}

export const plainRow = (seq: number): JsonObject => ({
  version: 'v1',
  seq,
  message_id: `id-${seq}`,
  from_aid: 'nora.demo.example',
  t_server: 1_790_000_000_000 + seq,
  type: 'text',
  legacy_v1: { to: OWN.aid, payload: { type: 'text', text: `m${seq}` } },
});

export const plainPush = (seq: number, more: JsonObject = {}): JsonObject => ({
  message_id: `id-${seq}`,
  from: 'nora.demo.example',
  to: OWN.aid,
  seq,
  timestamp: 1_790_000_000_000 + seq,
  type: 'text',
  payload: { type: 'text', text: `m${seq}` },
  encrypted: false,
  ...more,
});

export const paramsOf = (inbox: ScriptedInbox, method: string): JsonObject[] =>
  inbox.calls
    .filter((call) => call.method === method)
    .map(({ params }) => params)
    .filter(isJsonObject);
