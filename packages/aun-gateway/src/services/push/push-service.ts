import type { Clock, RandomBytes } from 'aun-core';
import { LRUCache } from 'lru-cache';
import type { EventBus } from '../../bus/event-bus.js';
import type { RpcMethod } from '../../rpc/method.js';
import type { Sessions } from '../../session/sessions.js';
import type { Database } from '../../store/database.js';
import type { GroupCommit } from '../../store/group-commit.js';
import type { PushItem } from '../message/push-stage.js';
import type { WaitingMessage } from './bucket.js';
import { createOfflinePush } from './offline-push.js';
import { createPushConfigStore, type PushConfig } from './push-config-store.js';
import { createPushRegistration, pushMethods } from './push-methods.js';
import { defaultPushSettings, type PushSettings } from './push-settings.js';

export interface PushServiceDeps {
  readonly db: Database;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly sessions: Sessions;
  readonly bus: EventBus;
  readonly settings: Partial<PushSettings>;
}

/** Offline push of 04 §19, put together. */
export interface PushService {
  readonly methods: readonly RpcMethod[];
  register(aid: string, config: PushConfig): Promise<void>;
  /** A row of the inbox; the devices of one AID count once. */
  stored(item: PushItem): void;
  /** The same for services with inboxes of their own: a message of a group waits for a member. */
  waits(message: WaitingMessage): void;
  stop(): void;
}

/** Messages whose rows may still be arriving for further devices. */
const RECENT = 256;

export function createPushService(deps: PushServiceDeps): PushService {
  const { bus, clock, commit, db, random, sessions } = deps;
  const configs = createPushConfigStore(db);
  const settings = { ...defaultPushSettings, ...deps.settings };
  const push = createOfflinePush({ clock, random, index: sessions.index, bus, configs, settings });
  const registration = createPushRegistration({ push, configs, commit });
  const recent = new LRUCache<string, true>({ max: RECENT });
  if (push.isOn) {
    sessions.listen({
      sessionReady: ({ info }) => {
        if (info.kind === 'long') push.cameOnline(info.aid);
      },
    });
  }
  return {
    methods: pushMethods(push, registration),
    register: (aid, config) => registration.register(aid, config, clock.now()),
    stored({ ownerAid, row }) {
      if (!push.isOn || row.outbound || row.kind === 'recall') return;
      const message = `${ownerAid}\n${row.fromAid}\n${row.messageId}`;
      if (recent.has(message)) return;
      recent.set(message, true);
      push.stored({ targetAid: ownerAid, fromAid: row.fromAid, at: row.tServer, groupAid: null });
    },
    waits: (message) => {
      if (push.isOn) push.stored(message);
    },
    stop: () => push.stop(),
  };
}
