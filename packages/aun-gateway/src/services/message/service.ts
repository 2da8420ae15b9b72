import type { Clock, Logger, RandomBytes } from 'aun-core';
import type { FederationPort } from '../../federation/port.js';
import { TokenBuckets } from '../../limits/token-bucket.js';
import type { AgentMdLookup, AidDirectory, EdgeLimits } from '../../ports.js';
import type { RpcMethod } from '../../rpc/method.js';
import type { SessionInfo } from '../../session/session-info.js';
import type { Sessions } from '../../session/sessions.js';
import { createAckMarks } from '../../store/ack-marks.js';
import { createBodyStore } from '../../store/body-store.js';
import { createCursorBook } from '../../store/cursor-book.js';
import { createCursorStore } from '../../store/cursor-store.js';
import type { Database } from '../../store/database.js';
import { createDeviceStore } from '../../store/device-store.js';
import type { GroupCommit } from '../../store/group-commit.js';
import { createInboxStore } from '../../store/inbox-store.js';
import { createPrekeyStore } from '../../store/prekey-store.js';
import type { AgentMdHints } from '../meta/agent-md-hints.js';
import { ackMethods } from './ack.js';
import { createActiveDevices } from './active-devices.js';
import { bootstrapMethod } from './bootstrap.js';
import type { MessageDeps } from './deps.js';
import { federateMethods } from './foreign/foreign-methods.js';
import { groupBootstrapMethod, putPeerPkMethod } from './prekey-methods.js';
import { pullMethods } from './pull.js';
import { createPushStage, type PushItem } from './push-stage.js';
import { queryOnlineMethod } from './query-online.js';
import { createQueueMode } from './queue-mode.js';
import { recallMethod } from './recall.js';
import { startRetention } from './retention.js';
import { sendMethod } from './send.js';
import { thoughtMethods } from './thought-methods.js';
import { createThoughtStore } from './thought-store.js';

export interface MessageServiceDeps {
  readonly db: Database;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: RandomBytes;
  readonly limits: EdgeLimits;
  readonly directory: AidDirectory;
  readonly agentMd: AgentMdLookup;
  readonly sessions: Sessions;
  readonly hints: AgentMdHints;
  /** A row was committed and offered to the live connections of its device. */
  readonly onStored: (item: PushItem) => void;
  /** The way to other domains (04 §18). */
  readonly federation?: FederationPort | undefined;
}

/** The message service of 04, put together. */
export interface MessageService {
  readonly methods: readonly RpcMethod[];
  /** The device of a new session, durable before the answer; its slot's cursor starts now (04 §3). */
  registerDevice(info: SessionInfo): Promise<void>;
  /** Discards prekeys signed by an earlier key of the AID (04 §6.1). */
  aidRekeyed(aid: string): Promise<void>;
  /** Writes what is pending and stops timers. */
  close(): void;
}

const RETENTION_PERIOD_MS = 60_000;
const PREKEY_HISTORY_MS = 8 * 24 * 60 * 60 * 1000;

export function createMessageService(deps: MessageServiceDeps): MessageService {
  const { clock, commit, db, directory, limits, log, sessions } = deps;
  const { index } = sessions;
  const devices = createDeviceStore(db);
  const prekeys = createPrekeyStore(db);
  const bodies = createBodyStore(db);
  const inbox = createInboxStore(db);
  const cursors = createCursorBook({ db, store: createCursorStore(db), clock, log });
  const { hints } = deps;
  const stage = createPushStage({
    clock,
    index,
    devices,
    inbox,
    cursors,
    hints,
    pushInline: limits.pushInline,
  });
  sessions.listen(stage);
  const push: MessageDeps['push'] = {
    ...stage,
    push(item) {
      stage.push(item);
      deps.onStored(item);
    },
  };
  const service: MessageDeps = {
    clock,
    log,
    random: deps.random,
    limits,
    db,
    commit,
    devices,
    prekeys,
    bodies,
    inbox,
    cursors,
    directory,
    agentMd: deps.agentMd,
    index,
    active: createActiveDevices(devices, limits),
    push,
  };
  const queue = createQueueMode({ now: () => clock.now(), index, devices, bodies, commit, push, limits });
  const thoughts = createThoughtStore(limits.maxThoughtHeadsPerSender);
  const sendRate = new TokenBuckets({ perSecond: limits.sendRate, burst: limits.sendBurst }, clock);

  /** Connected devices stay active; memory and history are bounded. */
  const housekeeping = (): void => {
    const now = clock.now();
    db.transaction(() => {
      for (const { info } of index.all()) devices.touch(info.aid, info.deviceId, now);
      prekeys.prune(now - PREKEY_HISTORY_MS);
    });
    thoughts.sweep(now);
    queue.sweep();
  };
  const retention = startRetention(
    { db, bodies, inbox, devices, marks: createAckMarks(db), limits, clock, log },
    RETENTION_PERIOD_MS,
    housekeeping,
  );

  const methods = [
    sendMethod(service, queue, sendRate),
    putPeerPkMethod(service),
    bootstrapMethod(service),
    groupBootstrapMethod,
    ...pullMethods(service, queue),
    ...ackMethods(service),
    recallMethod(service),
    queryOnlineMethod(index),
    ...thoughtMethods(service, thoughts),
  ];
  const { federation: port } = deps;

  return {
    methods: port === undefined ? methods : federateMethods(methods, { messages: service, port, sendRate }),
    async registerDevice(info) {
      const device = await commit.run(() => devices.touch(info.aid, info.deviceId, clock.now()));
      if (info.kind === 'long') cursors.get(device.deviceNo, info.slotKey, device.floorSeq);
    },
    aidRekeyed: (aid) => commit.run(() => prekeys.discard(aid)),
    close() {
      retention.stop();
      commit.flush();
      cursors.flush();
    },
  };
}
