import type { AgentMdManager } from 'aun-agentmd';
import type { JsonObject, KeyStore } from 'aun-core';
import { isEncryptedPush, ReplaySet } from 'aun-e2ee';
import { PullGate } from 'aun-transport';
import { finishMessage, type Instance } from '../delivery/app-message.js';
import { CursorStore, type PersistError } from '../delivery/cursor-store.js';
import { annotateEcho, isEchoPayload } from '../delivery/echo.js';
import { DeliveryNamespace, p2pNamespace } from '../delivery/namespace.js';
import { P2PInbox } from '../delivery/p2p-inbox.js';
import { PushHandlers } from '../delivery/push-handlers.js';
import { RecallFilter } from '../delivery/recall.js';
import { rowOpener } from '../delivery/row-opener.js';
import { UnheardMessages } from '../delivery/unheard.js';
import type { E2eeCoordinator } from '../e2ee/coordinator.js';
import type { Environment } from '../environment.js';
import type { RpcCaller } from '../rpc/signed-caller.js';
import type { TokenChain } from '../session/token-chain.js';

export type SessionPorts = {
  readonly own: Instance;
  readonly environment: Environment;
  readonly keys: KeyStore;
  readonly cards: AgentMdManager;
  readonly e2ee: E2eeCoordinator;
  readonly tokens: TokenChain;
  readonly call: RpcCaller;
  readonly isReady: () => boolean;
  readonly openedAt: () => number;
  readonly emit: (event: string, payload: object) => Promise<void>;
  readonly isHeard: (event: string) => boolean;
};

/** Tokens, cursors and delivery of one (AID, device, slot); replaced when the slot changes. */
export class InstanceSession {
  readonly own: Instance;
  readonly tokens: TokenChain;
  readonly inbox: P2PInbox;
  readonly pushes: PushHandlers;
  readonly #cursors: CursorStore;
  readonly #space: DeliveryNamespace;
  readonly #unheard = new UnheardMessages();
  readonly #emit: SessionPorts['emit'];

  static async open(ports: SessionPorts): Promise<InstanceSession> {
    const { own, environment, keys, emit } = ports;
    const reportError = ({ phase, error }: PersistError): void => {
      const { aid, deviceId: device_id, slotId: slot_id } = own;
      void emit('seq_tracker.persist_error', { phase, aid, device_id, slot_id, error });
    };
    const cursors = new CursorStore(keys, own.aid, own, environment.clock, reportError);
    const restored = await cursors.restore();
    return new InstanceSession(ports, cursors, restored.get(p2pNamespace(own.aid)) ?? 0);
  }

  private constructor(ports: SessionPorts, cursors: CursorStore, restored: number) {
    const { own, environment, e2ee, call, isReady, emit, cards, openedAt } = ports;
    const { clock, logger } = environment;
    this.own = own;
    this.tokens = ports.tokens;
    this.#cursors = cursors;
    this.#emit = emit;
    const handOver = async (event: string, message: object): Promise<void> => {
      const finished = withCardHint(finishMessage(message as JsonObject, own), cards);
      if (event === 'message.received' && !ports.isHeard(event)) this.#unheard.add(finished);
      else await emit(event, finished);
    };
    const cursorMoved = (): void => cursors.note(space.name, space.publisher.settled);
    const space = new DeliveryNamespace(p2pNamespace(own.aid), clock, restored, handOver, cursorMoved);
    this.#space = space;
    const recalls = new RecallFilter();
    const replays = new ReplaySet();
    const plain = (message: JsonObject): JsonObject => receivedEcho(message, own, clock.now(), openedAt());
    const openEncrypted = (row: JsonObject) => e2ee.openRow(row);
    this.inbox = new P2PInbox({
      own,
      space,
      gate: new PullGate({ clock }),
      call,
      open: rowOpener({ own, openEncrypted, recalls, replays, plain }),
      unheard: this.#unheard,
      clock,
      logger,
      isReady,
      cursorMoved,
      onAcked: (cursor) => {
        e2ee.acked(cursor).catch((error: unknown) => logger.warn('prekey clean-up failed', { error }));
      },
    });
    this.pushes = new PushHandlers({
      own,
      inbox: this.inbox,
      recalls,
      replays,
      openEncrypted,
      openEncryptedPush: (push) => e2ee.openPush(push),
      looksEncrypted: isEncryptedPush,
      plain,
      cursorMoved,
      logger,
    });
  }

  /** Somebody listens now: what came before goes to them first. */
  onListener(event: string): void {
    if (event !== 'message.received' && event !== '*') return;
    void this.#space.publisher.between(async () => {
      for (const message of this.#unheard.takeAll()) await this.#emit('message.received', message);
    });
  }

  /** Ends delivery for good; what was not handed over comes again with the next session. */
  stop(): void {
    this.#space.publisher.stop();
  }

  /** Writes cursors that are not written yet. */
  flush(): Promise<void> {
    return this.#cursors.flush();
  }
}

/** ETags of the own card, so that an application notices when it was changed elsewhere (09 §9). */
export const withCardHint = (
  payload: JsonObject,
  cards: Pick<AgentMdManager, 'eventSnapshot'>,
): JsonObject => {
  const snapshot = payload._agent_md === undefined ? cards.eventSnapshot() : null;
  return snapshot === null ? payload : { ...payload, _agent_md: { ...snapshot } };
};

const receivedEcho = (push: JsonObject, own: Instance, now: number, openedAt: number): JsonObject =>
  isEchoPayload(push.payload)
    ? { ...push, payload: annotateEcho(push.payload, 'receive', own.aid, now, now - openedAt) }
    : push;
