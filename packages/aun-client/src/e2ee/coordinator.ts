import {
  AUNError,
  type Clock,
  ConnectionError,
  E2EEError,
  e2eeRetryCodes,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type KeyStore,
  type Logger,
  TimeoutError,
} from 'aun-core';
import type { PrivateKey, PublicKey } from 'aun-crypto';
import {
  E2EESession,
  type RotationAction,
  type RowOptions,
  type SenderKeyRequest,
  type RowOutcome as SessionOutcome,
} from 'aun-e2ee';
import { abortable } from '../connection/abortable.js';
import type { RowOutcome } from '../delivery/pulled-row.js';
import type { PeerCertificates } from '../peers/peer-certificates.js';
import type { RpcCaller } from '../rpc/signed-caller.js';
import { SDK_LANG, VERSION } from '../version.js';
import { Bootstraps } from './bootstrap.js';
import { HeldRows } from './held-rows.js';
import { InOrder } from './in-order.js';
import { PrekeyPublisher } from './prekey-publisher.js';

const SENDER_TIMEOUT_MS = 3_000;
/** Prekeys live for days after their last use: one look at them a minute is plenty. */
const CLEAN_UP_INTERVAL_MS = 60_000;

export type E2eePorts = {
  readonly aid: string;
  readonly deviceId: string;
  readonly privateKey: PrivateKey;
  readonly previousKeys: readonly PrivateKey[];
  readonly keys: KeyStore;
  readonly peers: PeerCertificates;
  readonly call: RpcCaller;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Sees every envelope that was opened (agent.md hints). */
  readonly onEnvelope: (envelope: JsonValue) => void;
};

/** What goes into one envelope. */
export type Outgoing = {
  readonly payload: JsonValue;
  readonly messageId?: string;
  readonly timestamp?: number;
  readonly protectedHeaders?: JsonValue | undefined;
  readonly context?: JsonObject | undefined;
};

/** Keys, recipients and envelopes of one connected identity (03). Nothing leaves it in the clear. */
export class E2eeCoordinator {
  readonly bootstraps: Bootstraps;
  readonly #ports: E2eePorts;
  readonly #session: E2EESession;
  readonly #closed = new AbortController();
  readonly #held: HeldRows;
  readonly #inOrder = new InOrder();
  /** Senders whose key was missing for a reason that may pass. */
  readonly #unreachable = new Set<string>();
  readonly #prekeys: PrekeyPublisher;
  #cleanedUpAt = Number.NEGATIVE_INFINITY;

  constructor(ports: E2eePorts) {
    this.#ports = ports;
    this.#session = new E2EESession({
      aid: ports.aid,
      deviceId: ports.deviceId,
      identityKey: ports.privateKey,
      previousIdentityKeys: ports.previousKeys,
      store: ports.keys,
      senderKeys: (request) => this.#senderKey(request),
      clock: ports.clock,
      onRotation: (action) => this.#rotate(action, this.#prekeys.rotations),
      sdk: { lang: SDK_LANG, version: VERSION },
    });
    this.#prekeys = new PrekeyPublisher({ ...ports, session: this.#session });
    this.#held = new HeldRows(ports.clock, this.#closed.signal);
    this.bootstraps = new Bootstraps({
      ...ports,
      ownKey: ports.privateKey.publicKey,
      recipients: this.#session.recipients,
    });
  }

  /**
   * There is a new connection. A long one publishes the current prekey, which heals a server that lost it (03 §3.4).
   * Resolves when that is done, after five seconds in any case. Never rejects.
   */
  connected(kind: 'long' | 'short'): Promise<void> {
    this.#prekeys.newConnection();
    return kind === 'long' ? this.#prekeys.republish() : Promise.resolve();
  }

  /**
   * Publishes a prekey unless this process did so already: for short connections, before the first use. Resolves like
   * {@link connected}.
   */
  ensurePrekey(): Promise<void> {
    return this.#prekeys.ensure();
  }

  /**
   * Encrypts and hands the envelope to `transmit`, those for one recipient in the order of the calls. When the server
   * says that our view of the recipients is stale, looks again and tries exactly once more (03 §5.6). Once the signal is
   * aborted nothing is transmitted any more, and later messages do not wait for this one.
   */
  async send<T>(
    to: string,
    message: Outgoing,
    transmit: (envelope: JsonObject) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const sealed = (): Promise<JsonObject> => this.#encrypt(to, message, signal);
    const send = (envelope: JsonObject): Promise<T> => {
      signal?.throwIfAborted();
      return transmit(envelope);
    };
    try {
      return await this.#inOrder.use(to, sealed(), send);
    } catch (error) {
      if (!(error instanceof AUNError) || !e2eeRetryCodes.has(error.code)) throw error;
      this.bootstraps.invalidate(to);
      return send(await sealed());
    }
  }

  /** Opens a pulled or inline row. Never rejects. */
  openRow(row: JsonObject): Promise<RowOutcome> {
    this.#observe(row);
    return this.#open(row, (options) => this.#session.openRow(row, options));
  }

  /** Opens an encrypted body that came on the plain push path, or makes it an event (03 §8.3). */
  openPush(push: JsonObject): Promise<RowOutcome> {
    return this.#open(push, (options) => this.#session.openPush(push, false, options));
  }

  openThoughts(answer: JsonValue): Promise<JsonObject[]> {
    return this.#session.openThoughts(answer, 'p2p');
  }

  /** Destroys consumed prekeys after an acknowledgement (03 §10). */
  async acked(cursor: number): Promise<void> {
    const now = this.#ports.clock.now();
    const passed = now - this.#cleanedUpAt;
    if (passed >= 0 && passed < CLEAN_UP_INTERVAL_MS) return;
    this.#cleanedUpAt = now;
    await this.#session.acked(cursor);
  }

  close(): void {
    this.#closed.abort(new ConnectionError('the client was closed', { retryable: false }));
    this.bootstraps.invalidate();
    this.#session.close();
  }

  async #encrypt(to: string, message: Outgoing, signal: AbortSignal | undefined): Promise<JsonObject> {
    signal?.throwIfAborted();
    // Others may be waiting for the same answer: one of them leaving does not end the question.
    const asked = this.bootstraps.targets(to);
    const { targets, auditTargets } = await (signal === undefined ? asked : abortable(asked, signal));
    const { payload, messageId, timestamp, protectedHeaders, context } = message;
    return this.#session.encryptP2PAsync({
      targets,
      auditTargets,
      payload,
      ...(messageId === undefined ? {} : { messageId }),
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(protectedHeaders === undefined ? {} : { protectedHeaders }),
      ...(context === undefined ? {} : { context }),
    });
  }

  async #open(row: JsonObject, open: (options?: RowOptions) => Promise<SessionOutcome>): Promise<RowOutcome> {
    const from = senderOf(row);
    let looked = false;
    const look = async (last: boolean): Promise<RowOutcome | null> => {
      const allowPending = !last && (!looked || this.#unreachable.has(from));
      looked = true;
      const { rotations } = this.#prekeys;
      const outcome = await open({ allowPending });
      return outcome.kind === 'pending' ? null : this.#outcome(outcome, rotations);
    };
    try {
      const opened = this.#held.has(from) ? null : await look(false);
      return opened ?? this.#held.hold(from, look);
    } catch (error) {
      this.#ports.logger.error('opening a message failed', { seq: row.seq, error });
      return { kind: 'abandoned' };
    }
  }

  #outcome(outcome: Exclude<SessionOutcome, { kind: 'pending' }>, rotations: number): RowOutcome {
    switch (outcome.kind) {
      case 'delivered':
        if (outcome.rotation !== null) this.#rotate(outcome.rotation, rotations);
        return { kind: 'message', event: 'message.received', message: outcome.message, returned: true };
      case 'undecryptable':
        return {
          kind: 'message',
          event: outcome.event.event,
          message: outcome.event.payload,
          returned: false,
        };
      case 'dropped':
        this.#ports.logger.debug('row dropped', { reason: outcome.reason });
        return { kind: 'skip' };
    }
  }

  async #senderKey({ aid, fingerprint }: SenderKeyRequest): Promise<PublicKey | null> {
    try {
      const wish = { aid, timeoutMs: SENDER_TIMEOUT_MS, ...(fingerprint === '' ? {} : { fingerprint }) };
      const certificate = await this.#ports.peers.get(wish);
      this.#unreachable.delete(aid);
      return certificate.publicKey;
    } catch (error) {
      const mayPass = error instanceof ConnectionError || error instanceof TimeoutError;
      if (mayPass) this.#unreachable.add(aid);
      else this.#unreachable.delete(aid);
      this.#ports.logger.debug('sender certificate not available', { aid, mayPass, error });
      return null;
    }
  }

  #rotate(action: RotationAction, asOf: number): void {
    if (action.kind === 'rotate_peer') void this.#prekeys.rotate(asOf);
  }

  #observe(row: JsonObject): void {
    const text = row.envelope_json;
    if (typeof text !== 'string' || !text.includes('"agent_md"')) return;
    try {
      const envelope: unknown = JSON.parse(text);
      if (isJsonObject(envelope)) this.#ports.onEnvelope(envelope);
    } catch {
      // Not JSON: opening the row says so.
    }
  }
}

const senderOf = ({ from_aid, from }: JsonObject): string =>
  typeof from_aid === 'string' && from_aid !== '' ? from_aid : String(from);

/** Group messages cannot be encrypted by this version; sending them in the clear unasked is out of the question. */
export const groupEncryptionMissing = (method: string): E2EEError =>
  new E2EEError(
    `${method}: encrypted group messages are not supported by this version: pass encrypt: false to send plaintext`,
    {
      localCode: 'group_e2ee_unsupported',
    },
  );
