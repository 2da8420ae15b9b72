import { E2EEError, type JsonObject } from 'aun-core';
import type { EncryptOptions } from './draft.js';
import {
  encryptGroup,
  encryptGroupAsync,
  encryptP2P,
  encryptP2PAsync,
  type GroupMessage,
  type P2PMessage,
} from './encrypt.js';
import type { GroupEnvelope, P2PEnvelope } from './envelope.js';
import type { PrekeyRegistration } from './prekey.js';
import { PrekeyKeeper, type RegistrationMode } from './prekey-keeper.js';
import { RecipientCache } from './recipient-cache.js';
import { ReplaySet } from './replay.js';
import type { RowOutcome } from './row-outcome.js';
import { type RowOptions, RowReader } from './row-reader.js';
import { SenderKeyCache } from './sender-key.js';
import type { SessionOptions } from './session-options.js';
import type { ThoughtKind } from './thought.js';
import { ThoughtReader } from './thought-reader.js';

/**
 * Everything E2EE V2 needs to remember for one AID on one device, over injected interfaces: prekey store, sender key
 * resolver, clock (03 §11.3). It sends nothing itself: `registration` gives the upload to make, `openRow` says what a
 * row became. Make a new one when the identity changes and {@link close} the old one.
 */
export class E2EESession {
  readonly aid: string;
  readonly deviceId: string;
  /** Keys and secrets of recipients; give it to `buildP2PTargets` and `buildGroupTargets`. */
  readonly recipients = new RecipientCache();
  /** Verified keys of senders; a client may fill it from bootstraps it has verified. */
  readonly senders = new SenderKeyCache();
  readonly #options: SessionOptions;
  readonly #keeper: PrekeyKeeper;
  readonly #reader: RowReader;
  readonly #thoughts: ThoughtReader;

  /** @throws {E2EEError} when the identity key is not P-256 */
  constructor(options: SessionOptions) {
    if (options.identityKey.curve !== 'P-256') throw new E2EEError('AID private key must be EC P-256');
    this.aid = options.aid;
    this.deviceId = options.deviceId;
    this.#options = options;
    this.#keeper = new PrekeyKeeper(options);
    const scope = {
      ...options,
      senderCache: this.senders,
      cache: this.recipients,
      now: () => options.clock.now(),
      withPrekey: this.#keeper.use.bind(this.#keeper),
    };
    this.#reader = new RowReader(scope, this.#keeper, new ReplaySet());
    this.#thoughts = new ThoughtReader(scope, this.#keeper, options.onRotation);
  }

  /** Encrypts a message to targets of `buildP2PTargets` (03 §5). @throws {E2EEError} */
  encryptP2P(message: Omit<P2PMessage, 'sender'>): P2PEnvelope {
    return encryptP2P({ ...message, sender: this.#options }, this.encryptOptions());
  }

  /** Encrypts a message to targets of `buildGroupTargets` (03 §5). @throws {E2EEError} */
  encryptGroup(message: Omit<GroupMessage, 'sender'>): GroupEnvelope {
    return encryptGroup({ ...message, sender: this.#options }, this.encryptOptions());
  }

  /** {@link encryptP2P} by `encryptP2PAsync`, for browsers. */
  encryptP2PAsync(message: Omit<P2PMessage, 'sender'>): Promise<P2PEnvelope> {
    return encryptP2PAsync({ ...message, sender: this.#options }, this.encryptOptions());
  }

  /** {@link encryptGroup} by `encryptGroupAsync`, for browsers. */
  encryptGroupAsync(message: Omit<GroupMessage, 'sender'>): Promise<GroupEnvelope> {
    return encryptGroupAsync({ ...message, sender: this.#options }, this.encryptOptions());
  }

  /** Options for `encryptP2P`, `encryptGroup` and a wrap pool that share this session's cache. */
  encryptOptions(): EncryptOptions {
    const { clock, random, sdk, deterministic } = this.#options;
    return {
      clock,
      cache: this.recipients,
      ...(random === undefined ? {} : { random }),
      ...(sdk === undefined ? {} : { sdk }),
      ...(deterministic === undefined ? {} : { deterministic }),
    };
  }

  /**
   * The prekey upload to make, or null when there is none to make: `once` per process by default. The key is stored
   * before this returns; after the server accepted it call {@link markUploaded} (03 §3.4).
   */
  registration(
    options: { readonly groupId?: string; readonly mode?: RegistrationMode } = {},
  ): Promise<PrekeyRegistration | null> {
    return this.#keeper.registration(options.groupId ?? '', options.mode ?? 'once');
  }

  /** Remembers a successful upload, here and in the store. */
  markUploaded(registration: PrekeyRegistration): Promise<void> {
    return this.#keeper.markUploaded(registration);
  }

  /** One pulled row: a message, an event, a wait for the sender's key, or nothing (03 §8.2). Any JSON value is safe. */
  openRow(row: unknown, options?: RowOptions): Promise<RowOutcome> {
    return this.#reader.openRow(row, options);
  }

  /** An encrypted raw push, see `isEncryptedPush` (03 §8.3). */
  openPush(message: JsonObject, isGroup: boolean, options?: RowOptions): Promise<RowOutcome> {
    return this.#reader.openPush(message, isGroup, options);
  }

  /**
   * The items of a `message.thought.get` or `group.thought.get` answer, decrypted (03 §13). What to publish afterwards
   * goes to `onRotation` of the options.
   */
  openThoughts(answer: unknown, kind: ThoughtKind): Promise<JsonObject[]> {
    return this.#thoughts.openThoughts(answer, kind);
  }

  /** Destroys consumed P2P prekeys after a P2P acknowledgement up to `cursor`; gives their ids (03 §10). */
  acked(cursor: number): Promise<string[]> {
    return this.#keeper.acked(cursor);
  }

  /** Wipes cached secrets and key handles. */
  close(): void {
    this.recipients.clear();
    this.senders.clear();
    this.#keeper.close();
  }
}
