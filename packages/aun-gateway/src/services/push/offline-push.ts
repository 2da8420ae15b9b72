import type { Clock, RandomBytes, TimerHandle } from 'aun-core';
import type { EventBus } from '../../bus/event-bus.js';
import type { SessionIndex } from '../../session/session-index.js';
import { Bucket, type WaitingMessage } from './bucket.js';
import { createNotifier, type Notifier } from './notifier.js';
import type { PushConfigStore } from './push-config-store.js';
import type { PushSettings } from './push-settings.js';

export interface OfflinePushDeps {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly index: SessionIndex;
  readonly bus: EventBus;
  readonly configs: PushConfigStore;
  readonly settings: PushSettings;
}

/** Tells push agents that messages wait for AIDs that are away (04 §19). Nothing of it is stored but who wants it. */
export interface OfflinePush extends Pick<Notifier, 'acked'> {
  readonly isOn: boolean;
  /** The AID is on the whitelist. */
  allows(notifyAid: string): boolean;
  /** A message was committed to the inbox of its target. */
  stored(message: WaitingMessage): void;
  /** The AID has a live long connection: nothing waits unseen any more. */
  cameOnline(aid: string): void;
  stop(): void;
}

/** Buckets of AIDs that are away; more of them are not told, which a pull makes up for. */
const MAX_BUCKETS = 100_000;

interface Entry {
  readonly bucket: Bucket;
  timer: TimerHandle | null;
}

export function createOfflinePush(deps: OfflinePushDeps): OfflinePush {
  const { clock, configs, index, settings } = deps;
  const allowed = new Set(settings.allowedNotifyAids);
  const entries = new Map<string, Entry>();

  const configOf = (aid: string) => {
    const config = configs.find(aid);
    return config !== null && allowed.has(config.notifyAid) ? config : null;
  };

  const notifier = createNotifier({
    ...deps,
    take(target) {
      const entry = entries.get(target);
      const config = configOf(target);
      if (entry === undefined || config === null || entry.bucket.isEmpty) return null;
      return { target_aid: target, push_token: config.token, summary: entry.bucket.summary() };
    },
    told(target, delivered) {
      const entry = entries.get(target);
      if (entry === undefined) return;
      if (delivered) entry.bucket.notified(clock.now());
      else entry.bucket.clear();
      arm(target, entry);
    },
  });

  const stopTimer = (entry: Entry): void => {
    if (entry.timer !== null) clock.clearTimeout(entry.timer);
    entry.timer = null;
  };

  const wait = (target: string, entry: Entry, until: number): void => {
    stopTimer(entry);
    entry.timer = clock.setTimeout(() => arm(target, entry), until - clock.now(), { background: true });
  };

  /** Asks for a notification when it is due, forgets what is empty and cool, waits otherwise. */
  const arm = (target: string, entry: Entry): void => {
    stopTimer(entry);
    const now = clock.now();
    const { bucket } = entry;
    if (bucket.isEmpty) {
      if (bucket.forgetAt > now) wait(target, entry, bucket.forgetAt);
      else entries.delete(target);
      return;
    }
    const due = bucket.dueAt();
    if (due > now) {
      wait(target, entry, due);
      return;
    }
    const config = configOf(target);
    if (config === null) entries.delete(target);
    else notifier.ask(config.notifyAid, target);
  };

  return {
    isOn: allowed.size > 0,
    allows: (notifyAid) => allowed.has(notifyAid),
    acked: notifier.acked,
    stored(message) {
      const { targetAid } = message;
      if (index.isOnline(targetAid) || configOf(targetAid) === null) return;
      const entry = entries.get(targetAid) ?? { bucket: new Bucket(settings), timer: null };
      if (!entries.has(targetAid) && entries.size >= MAX_BUCKETS) return;
      entries.set(targetAid, entry);
      entry.bucket.add(message);
      if (!notifier.isAsked(targetAid)) arm(targetAid, entry);
    },
    cameOnline(aid) {
      const entry = entries.get(aid);
      if (entry === undefined) return;
      notifier.withdraw(aid);
      entry.bucket.clear();
      arm(aid, entry);
    },
    stop() {
      for (const entry of entries.values()) stopTimer(entry);
      entries.clear();
      notifier.stop();
    },
  };
}
