import type { Clock, JsonObject, RandomBytes, TimerHandle } from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import type { EventBus } from '../../bus/event-bus.js';
import { TokenBuckets } from '../../limits/token-bucket.js';
import type { SessionIndex } from '../../session/session-index.js';
import type { PushSettings } from './push-settings.js';

const MAX_ITEMS = 50;
/** Room around the items in one frame. */
const FRAME_ROOM = 512;

/** Batches for push agents: one in flight per agent, within the rates (04 §19). */
export interface Notifier {
  /** Puts a target into the agent's next batch. */
  ask(agent: string, target: string): void;
  isAsked(target: string): boolean;
  withdraw(target: string): void;
  /** `push.ack`: the next batch may go. */
  acked(agent: string, batchId: string): void;
  stop(): void;
}

export interface NotifierDeps {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly index: SessionIndex;
  readonly bus: EventBus;
  readonly settings: PushSettings;
  /** The item of a target as it is now; null when nothing waits any more. */
  readonly take: (target: string) => JsonObject | null;
  /** The item left, or its agent was away. */
  readonly told: (target: string, delivered: boolean) => void;
}

interface Agent {
  readonly asked: Set<string>;
  /** Id of the batch in flight, or ''. */
  batchId: string;
  timer: TimerHandle | null;
}

export function createNotifier(deps: NotifierDeps): Notifier {
  const { bus, clock, index, settings } = deps;
  const agents = new Map<string, Agent>();
  const askedOf = new Map<string, string>();
  const perMinute = (count: number) => new TokenBuckets({ perSecond: count / 60, burst: count }, clock);
  const ofAgent = perMinute(settings.perAgentPerMinute);
  const ofAll = perMinute(settings.totalPerMinute);

  const stopTimer = (agent: Agent): void => {
    if (agent.timer !== null) clock.clearTimeout(agent.timer);
    agent.timer = null;
  };

  /** Seconds to wait for room in both rates. */
  const refusedFor = (name: string): number => ofAgent.take(name) || ofAll.take('');

  const forget = (agent: Agent, target: string): void => {
    agent.asked.delete(target);
    askedOf.delete(target);
  };

  /** Items that fit one frame of every connection of the agent; the rest goes with the next batch. */
  const collect = (name: string, agent: Agent, budget: number): Map<string, JsonObject> => {
    const items = new Map<string, JsonObject>();
    let bytes = FRAME_ROOM;
    for (const target of agent.asked) {
      if (items.size >= MAX_ITEMS) break;
      const item = deps.take(target);
      if (item === null) {
        forget(agent, target);
        continue;
      }
      bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
      if (items.size > 0 && bytes > budget) break;
      const seconds = refusedFor(name);
      if (seconds > 0) {
        if (items.size === 0) later(name, agent, seconds * 1000);
        break;
      }
      items.set(target, item);
    }
    return items;
  };

  const later = (name: string, agent: Agent, delayMs: number): void => {
    stopTimer(agent);
    agent.timer = clock.setTimeout(() => release(name, agent), delayMs, { background: true });
  };

  const release = (name: string, agent: Agent): void => {
    stopTimer(agent);
    agent.batchId = '';
    drain(name, agent);
  };

  const drain = (name: string, agent: Agent): void => {
    if (agent.batchId !== '' || agent.timer !== null) return;
    const live = index.longOf(name);
    if (live.length === 0) {
      for (const target of [...agent.asked]) {
        forget(agent, target);
        deps.told(target, false);
      }
      agents.delete(name);
      return;
    }
    const items = collect(name, agent, Math.min(...live.map(({ frameBudget }) => frameBudget)));
    if (items.size === 0) {
      if (agent.asked.size === 0) agents.delete(name);
      return;
    }
    const batchId = uuidV4(deps.random);
    const params = { batch_id: batchId, items: [...items.values()] };
    const taken = bus.toAid(name, { method: 'event/push.offline_message', params, frameClass: 'data' });
    agent.batchId = batchId;
    later(name, agent, settings.ackTimeoutMs);
    for (const target of items.keys()) {
      forget(agent, target);
      deps.told(target, taken > 0);
    }
  };

  return {
    ask(name, target) {
      const agent = agents.get(name) ?? { asked: new Set<string>(), batchId: '', timer: null };
      agents.set(name, agent);
      agent.asked.add(target);
      askedOf.set(target, name);
      drain(name, agent);
    },
    isAsked: (target) => askedOf.has(target),
    withdraw(target) {
      const name = askedOf.get(target);
      const agent = name === undefined ? undefined : agents.get(name);
      if (agent !== undefined) forget(agent, target);
    },
    acked(name, batchId) {
      const agent = agents.get(name);
      if (agent !== undefined && agent.batchId === batchId && batchId !== '') release(name, agent);
    },
    stop() {
      for (const agent of agents.values()) stopTimer(agent);
      agents.clear();
      askedOf.clear();
    },
  };
}
