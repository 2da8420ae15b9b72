import { isDeviceId, isJsonObject, isSlotId, type JsonObject, type JsonValue, parseExactAid } from 'aun-core';
import { z } from 'zod';
import { sliceMembers } from '../rpc/json-slice.js';
import type { TraceContext } from '../rpc/trace.js';
import type { SessionInfo } from '../session/session-info.js';
import { MAX_BATCH } from './hello.js';

/** Frames of relayed calls (02 §20.4). */

const text = z.string('must be a string');

export const relaySchema = z.object({
  relay_id: text
    .min(1)
    .max(128)
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII'),
  hop: z.int(),
  namespace: text.min(1).max(64),
  method: text.min(1).max(64),
  params: z.custom<JsonObject>(isJsonObject, 'must be an object'),
  caller: z.object({
    aid: text.refine((aid) => parseExactAid(aid).ok, 'must be an AID'),
    device_id: text.refine((id) => id === '' || isDeviceId(id), 'is no device id'),
    slot_id: text.refine(isSlotId, 'is no slot id'),
    kind: z.enum(['long', 'short']),
  }),
  timeout_ms: z.int().positive().max(60_000).optional(),
  accepted_at_ms: z.int().positive().optional(),
  _trace: z
    .object({ trace_id: text.regex(/^[0-9a-f]{32}$/), mode: z.enum(['log', 'diag']) })
    .optional()
    .catch(undefined),
});

export type Relay = z.output<typeof relaySchema>;

export const batchSchema = z.object({
  items: z.array(z.unknown(), 'must be a list').min(1).max(MAX_BATCH, `at most ${MAX_BATCH} items`),
});

export interface RelayText {
  readonly relayId: string;
  /** Full method name, e.g. `message.send`. */
  readonly method: string;
  /** JSON text of the params without transport-private members. */
  readonly paramsText: string;
  readonly caller: Pick<SessionInfo, 'aid' | 'deviceId' | 'slotId' | 'kind'>;
  readonly timeoutMs: number;
  /** When our client's call was taken, Unix ms: the clock for its signature if it is delivered later. */
  readonly acceptedAt: number;
  readonly trace: TraceContext;
}

/** JSON text of the params of `federation.relay`. */
export const relayText = (relay: RelayText): string => {
  const { aid, deviceId, kind, slotId } = relay.caller;
  const dot = relay.method.indexOf('.');
  const { forEvents } = relay.trace;
  const head = {
    relay_id: relay.relayId,
    hop: 1,
    namespace: relay.method.slice(0, dot),
    method: relay.method.slice(dot + 1),
    caller: { aid, device_id: deviceId, slot_id: slotId, kind },
    timeout_ms: relay.timeoutMs,
    accepted_at_ms: relay.acceptedAt,
    ...(forEvents === null ? {} : { _trace: forEvents }),
  };
  return `${JSON.stringify(head).slice(0, -1)},"params":${relay.paramsText}}`;
};

/** Params as received without the top-level members that start with `_`: the sender's bytes otherwise (02 §5.1). */
export const withoutPrivateMembers = (paramsText: string): string => {
  const members = [...sliceMembers(paramsText)];
  if (!members.some(([key]) => key.startsWith('_'))) return paramsText;
  return objectText(members.filter(([key]) => !key.startsWith('_')));
};

const objectText = (members: readonly (readonly [string, string])[]): string =>
  `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;

/** Adds members to the text of a non-empty or empty JSON object; those of the same name are replaced. */
export const withMembers = (text: string, added: Readonly<Record<string, JsonValue>>): string => {
  const members = sliceMembers(text);
  for (const [key, value] of Object.entries(added)) members.set(key, JSON.stringify(value));
  return objectText([...members]);
};

/** The error of an item whose call failed at its home. */
export const relayErrorSchema = z.object({
  code: z.int(),
  message: z.string().catch(''),
  data: z.custom<JsonObject>(isJsonObject).optional().catch(undefined),
});
