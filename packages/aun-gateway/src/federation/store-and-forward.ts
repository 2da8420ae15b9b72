import { type Clock, issuerOf, type Logger } from 'aun-core';
import type { AuditLog } from '../services/auth/audit-log.js';
import type { GroupCommit } from '../store/group-commit.js';
import { type Forwarder, ForwardLane } from './forward-lane.js';
import { LinkFault } from './link-fault.js';
import type { FederationMetrics } from './metrics.js';
import type { OutboxStore, Pair, StoredMessage, WaitingMessage } from './outbox-store.js';
import type { Direction, RelayClient } from './relay-client.js';

const SWEEP_MS = 60_000;
const SWEEP_BATCH = 200;

export type Sent =
  /** The recipient's domain has it. */
  | { readonly kind: 'answered'; readonly resultText: string }
  /** It is on our disk and will be delivered; `duplicate`: it was there before. */
  | { readonly kind: 'stored'; readonly duplicate: boolean };

export interface StoreAndForwardDeps {
  readonly enabled: boolean;
  readonly store: OutboxStore;
  readonly commit: GroupCommit;
  readonly client: RelayClient;
  readonly forwarder: Forwarder;
  /** The issuer has proved itself once, now or earlier. */
  readonly wasReached: (issuer: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditLog;
  readonly metrics: FederationMetrics;
}

const directionOf = ({ fromAid, toAid }: Pair): Direction => ({
  fromIssuer: issuerOf(fromAid),
  toIssuer: issuerOf(toAid),
});

/**
 * Messages to other domains. One that cannot be handed over to a domain we know is committed to disk and delivered
 * later, in the order of its sender and recipient, until the peer takes it or its time is over.
 */
export class StoreAndForward {
  readonly #deps: StoreAndForwardDeps;
  readonly #lanes = new Map<string, ForwardLane>();
  #sweepTimer: unknown;
  #stopped = false;

  constructor(deps: StoreAndForwardDeps) {
    this.#deps = deps;
  }

  /** Takes up what an earlier process left. */
  start(): void {
    for (const { count, fromAid, toAid } of this.#deps.store.backlog()) {
      this.#laneOf({ fromAid, toAid }).add({ fromAid, toAid }, count);
    }
    for (const lane of this.#lanes.values()) lane.wake();
    this.#report();
    this.#sweep();
  }

  /**
   * Hands a message over, or keeps it. `alsoWrite` joins the transaction that keeps it.
   * @throws LinkFault for an issuer that was never reached or refuses us, RpcFailure what the recipient's domain says
   */
  async send(message: WaitingMessage, alsoWrite: () => void): Promise<Sent> {
    const { client, enabled, wasReached } = this.#deps;
    const direction = directionOf(message);
    if (!enabled) return answered(await client.patiently(direction, message.relay));
    // Overtaking is not allowed: what waits goes first.
    if (this.#laneOf(message).has(message)) return this.#keep(message, alsoWrite);
    const known = wasReached(direction.toIssuer);
    try {
      return answered(await (known ? client.once : client.patiently)(direction, message.relay));
    } catch (error) {
      if (!(error instanceof LinkFault) || error.kind === 'refused' || !wasReached(direction.toIssuer))
        throw error;
      return this.#keep(message, alsoWrite);
    }
  }

  /** Takes back a message that still waits. True when its recipient will never see it. */
  cancel(fromAid: string, messageId: string, toAid: string): Promise<boolean> {
    const { commit, store } = this.#deps;
    const waiting = store.find(fromAid, messageId).find((message) => message.toAid === toAid);
    if (waiting === undefined || this.#laneOf(waiting).isUnderway(waiting)) return Promise.resolve(false);
    return commit.run(
      () => store.remove(waiting.outboxId),
      (removed) => {
        if (removed) this.#gone(waiting);
      },
    );
  }

  /** The issuer is there (again). */
  alive(toIssuer: string): void {
    for (const lane of this.#lanes.values()) if (lane.direction.toIssuer === toIssuer) lane.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#deps.clock.clearTimeout(this.#sweepTimer);
    for (const lane of this.#lanes.values()) lane.stop();
  }

  async #keep(message: WaitingMessage, alsoWrite: () => void): Promise<Sent> {
    const { commit, store } = this.#deps;
    const lane = this.#laneOf(message);
    // Counted before the commit: what is sent next must see it.
    lane.add(message, 1);
    try {
      const stored = await commit.run(() => {
        const fresh = store.insert(message);
        if (fresh) alsoWrite();
        return fresh;
      });
      if (!stored) lane.remove(message);
      lane.wakeLater();
      this.#report();
      return { kind: 'stored', duplicate: !stored };
    } catch (error) {
      lane.remove(message);
      throw error;
    }
  }

  #laneOf(pair: Pair): ForwardLane {
    const direction = directionOf(pair);
    const key = `${direction.fromIssuer} ${direction.toIssuer}`;
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const { clock, commit, forwarder, log, store } = this.#deps;
    const lane = new ForwardLane({
      direction,
      store,
      commit,
      clock,
      log,
      forwarder,
      onDelivered: () => {
        this.#deps.metrics.forwarded('delivered');
        this.#report();
      },
      onRefused: (message, error) =>
        this.#lost(message, 'refused', { code: error.code, reason: error.message }),
    });
    // What is kept while we stop is delivered after the next start.
    if (this.#stopped) lane.stop();
    this.#lanes.set(key, lane);
    return lane;
  }

  /** The sender was told that it was sent: whoever operates this gateway must be able to see that it was not. */
  #lost(
    message: StoredMessage,
    outcome: 'refused' | 'expired',
    why: Readonly<Record<string, unknown>>,
  ): void {
    const { audit, log, metrics } = this.#deps;
    const fields = { from: message.fromAid, to: message.toAid, message_id: message.messageId, ...why };
    log.warn(`stored message ${outcome}`, fields);
    audit.record(`federation.message_${outcome}`, 'refused', fields);
    metrics.forwarded(outcome);
    this.#report();
  }

  #gone(message: StoredMessage): void {
    this.#laneOf(message).remove(message);
    this.#report();
  }

  #report(): void {
    let waiting = 0;
    for (const lane of this.#lanes.values()) waiting += lane.size;
    this.#deps.metrics.waiting(waiting);
  }

  #sweep(): void {
    const { clock, commit, log, store } = this.#deps;
    if (this.#stopped) return;
    commit
      .run(() => store.expired(clock.now(), SWEEP_BATCH).filter(({ outboxId }) => store.remove(outboxId)))
      .then((expired) => {
        for (const message of expired) {
          this.#gone(message);
          this.#lost(message, 'expired', {});
        }
      })
      .catch((error: unknown) => log.error('outbox sweep failed', { error }));
    this.#sweepTimer = clock.setTimeout(() => this.#sweep(), SWEEP_MS, { background: true });
  }
}

const answered = (resultText: string): Sent => ({ kind: 'answered', resultText });
