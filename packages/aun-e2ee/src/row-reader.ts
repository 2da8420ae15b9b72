import { isJsonObject, type JsonObject, type Result } from 'aun-core';
import { deliveredMessage, plainMessage } from './delivered.js';
import { payloadKind } from './legacy.js';
import type { OpenedMessage } from './opened-message.js';
import type { PrekeyKeeper } from './prekey-keeper.js';
import { isDecryptablePush, pushEnvelope } from './push.js';
import type { ReplaySet } from './replay.js';
import {
  groupContext,
  type OpenerScope,
  type OpenFailure,
  type OpenFailureCode,
  openDelivery,
  ownRowHint,
  parseEnvelopeJson,
} from './row-opener.js';
import type { DropReason, RowOutcome } from './row-outcome.js';
import { undecryptablePush, undecryptableRow } from './undecryptable.js';
import { textOf } from './wire.js';

export interface RowOptions {
  /** False on the second try of a row whose sender was unknown: then it becomes an event. Default true. */
  readonly allowPending?: boolean;
}

/** Turns what a server hands out into messages and events (03 §8.2, §8.3). */
export class RowReader {
  readonly #scope: OpenerScope;
  readonly #keeper: PrekeyKeeper;
  readonly #replays: ReplaySet;

  constructor(scope: OpenerScope, keeper: PrekeyKeeper, replays: ReplaySet) {
    this.#scope = scope;
    this.#keeper = keeper;
    this.#replays = replays;
  }

  /** One row of `message.v2.pull` / `group.v2.pull`, or a push with the same members. */
  async openRow(row: unknown, options: RowOptions = {}): Promise<RowOutcome> {
    if (!isJsonObject(row)) return dropped('not_an_object');
    const version = row.version ?? 'v2';
    if (version === 'v1') return this.#plain(row);
    if (version !== 'v2') return dropped('unknown_version');
    const envelope = parseEnvelopeJson(row);
    if (envelope === null) return dropped('envelope_unreadable');
    return this.#openEnvelopeRow(row, envelope, options.allowPending ?? true);
  }

  #plain(row: JsonObject): RowOutcome {
    const legacy = isJsonObject(row.legacy_v1) ? row.legacy_v1 : row;
    const payload = legacy.payload ?? null;
    if (payload === null) return dropped('empty_payload');
    if (payloadKind(payload) !== 'plain') return dropped('legacy_envelope');
    return { kind: 'delivered', message: plainMessage(row, legacy, this.#scope.aid), rotation: null };
  }

  async #openEnvelopeRow(row: JsonObject, envelope: JsonObject, allowPending: boolean): Promise<RowOutcome> {
    const groupId = groupContext(envelope, row.group_id);
    const from = textOf(row.from_aid) || textOf(row.from);
    const seq = typeof row.seq === 'number' ? row.seq : 0;
    if (groupId === '') {
      const { aid, deviceId } = this.#scope;
      await this.#keeper.track(ownRowHint(envelope, aid, deviceId).spkId, seq);
    }
    const opened = await openDelivery(this.#scope, { envelope, from, groupId: textOf(row.group_id) });
    if (!opened.ok) return this.#failed(row, envelope, groupId, opened.error, allowPending);
    const { data } = opened;
    const id = { from: data.from, messageId: data.messageId, groupId: data.groupId, seq };
    if (!this.#replays.admit(id)) return dropped('replay');
    const rotation = await this.#keeper.rotation(data.row, data.groupId ?? '');
    const message = deliveredMessage(row, envelope, data, this.#scope.aid);
    return { kind: 'delivered', message, opened: data, rotation };
  }

  #failed(
    row: JsonObject,
    envelope: JsonObject,
    groupId: string,
    error: FailedOpen,
    allowPending: boolean,
  ): RowOutcome {
    const failure = error.cause as OpenFailure | undefined;
    if (failure === undefined)
      return dropped(error.code === 'merkle_proof_invalid' ? error.code : 'not_recipient');
    if (failure.stage === 'sender_ik' && allowPending) {
      const aad = isJsonObject(envelope.aad) ? envelope.aad : {};
      const from = textOf(row.from_aid) || textOf(row.from);
      return { kind: 'pending', from, deviceId: textOf(aad.from_device), groupId };
    }
    const event = undecryptableRow(row, envelope, {
      stage: failure.stage,
      error: failure.stage === 'sender_ik' ? error.message : `Error: ${error.message}`,
      code: error.code,
      groupId,
      ...(failure.spkId === undefined ? {} : { spkId: failure.spkId }),
    });
    return { kind: 'undecryptable', event };
  }

  /**
   * An encrypted raw push (`isEncryptedPush`): V2 envelopes are opened in place, everything else becomes an event of
   * stage `push_envelope` (03 §8.3).
   */
  async openPush(message: JsonObject, isGroup: boolean, options: RowOptions = {}): Promise<RowOutcome> {
    const envelope = pushEnvelope(message);
    if (envelope === null || !isDecryptablePush(envelope)) {
      return { kind: 'undecryptable', event: undecryptablePush(message, envelope, isGroup) };
    }
    return this.#openEnvelopeRow(message, envelope, options.allowPending ?? true);
  }
}

type FailedOpen = Extract<Result<OpenedMessage, OpenFailureCode>, { readonly ok: false }>['error'];

function dropped(reason: DropReason): RowOutcome {
  return { kind: 'dropped', reason };
}
