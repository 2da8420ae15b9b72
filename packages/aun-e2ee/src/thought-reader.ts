import { isJsonObject, type JsonObject, type JsonValue } from 'aun-core';
import { e2eeMember } from './delivered.js';
import type { OpenedMessage } from './opened-message.js';
import type { PrekeyKeeper } from './prekey-keeper.js';
import type { RotationAction } from './rotation.js';
import { type OpenerScope, openDelivery } from './row-opener.js';
import { matchesSelector, type ThoughtKind, thoughtAction } from './thought.js';
import { textOf } from './wire.js';

/** Opens the thoughts that a server lists (03 §13). */
export class ThoughtReader {
  readonly #scope: OpenerScope;
  readonly #keeper: PrekeyKeeper;
  readonly #onRotation: ((action: RotationAction) => void) | undefined;

  constructor(
    scope: OpenerScope,
    keeper: PrekeyKeeper,
    onRotation: ((action: RotationAction) => void) | undefined,
  ) {
    this.#scope = scope;
    this.#keeper = keeper;
    this.#onRotation = onRotation;
  }

  /** The items of a `*.thought.get` answer as an application reads them. Never an event, never a replay. */
  async openThoughts(answer: unknown, kind: ThoughtKind): Promise<JsonObject[]> {
    if (!isJsonObject(answer) || answer.found !== true || !Array.isArray(answer.thoughts)) return [];
    const items: JsonObject[] = [];
    const consumed: OpenedMessage[] = [];
    for (const item of answer.thoughts.filter(isJsonObject)) {
      items.push(await this.#openThought(item, answer, kind, consumed));
    }
    await this.#rotate(consumed);
    return items;
  }

  /** Hands out what the opened rows call for, each action once: thoughts of one answer share their prekeys. */
  async #rotate(consumed: readonly OpenedMessage[]): Promise<void> {
    const onRotation = this.#onRotation;
    if (onRotation === undefined) return;
    const asked = new Set<string>();
    for (const { row, groupId = '' } of consumed) {
      const action = await this.#keeper.rotation(row, groupId);
      const name = JSON.stringify(action);
      if (action === null || asked.has(name)) continue;
      asked.add(name);
      onRotation(action);
    }
  }

  async #openThought(
    item: JsonObject,
    answer: JsonObject,
    kind: ThoughtKind,
    consumed: OpenedMessage[],
  ): Promise<JsonObject> {
    const action = thoughtAction(item.payload, kind);
    if (action === 'plain' || !isJsonObject(item.payload)) return item;
    const envelope = item.payload;
    const from = senderOf(item, answer, envelope);
    const opened = action === 'open' ? await this.#openEnvelope(item, answer, envelope, from) : null;
    const base = {
      thought_id: item.thought_id ?? item.message_id ?? '',
      message_id: item.thought_id ?? item.message_id ?? '',
      from,
      ...(kind === 'p2p' ? { to: item.to ?? answer.peer_aid ?? '' } : {}),
      created_at: item.created_at ?? null,
    };
    if (opened === null) {
      const selector = item.context ?? answer.context;
      const context = selector === undefined ? {} : { context: selector };
      return { ...base, payload: envelope, decrypt_failed: true, ...context };
    }
    consumed.push(opened);
    return {
      ...base,
      payload: opened.payload,
      e2ee: e2eeMember(envelope, opened),
      ...(opened.payloadType === undefined ? {} : { payload_type: opened.payloadType }),
      ...(opened.protectedHeaders === undefined ? {} : { protected_headers: opened.protectedHeaders }),
      ...(envelope.agent_md === undefined ? {} : { agent_md: envelope.agent_md }),
      // What the sender authenticated, whatever else the server's listing says.
      ...(opened.context === undefined ? {} : { context: opened.context }),
    };
  }

  async #openEnvelope(
    item: JsonObject,
    answer: JsonObject,
    envelope: JsonObject,
    from: string,
  ): Promise<OpenedMessage | null> {
    const opened = await openDelivery(this.#scope, { envelope, from, groupId: textOf(answer.group_id) });
    if (!opened.ok) return null;
    // The authenticated context must be the selector under which the server lists the thought.
    return matchesSelector(opened.data.context, item.context ?? answer.context) ? opened.data : null;
  }
}

function senderOf(item: JsonObject, answer: JsonObject, envelope: JsonObject): string {
  const aad = isJsonObject(envelope.aad) ? envelope.aad : {};
  const candidates: (JsonValue | undefined)[] = [item.from, item.sender_aid, answer.sender_aid, aad.from];
  return candidates.map(textOf).find((text) => text !== '') ?? '';
}
