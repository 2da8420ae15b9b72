import {
  isJsonObject,
  isSlotId,
  type JsonObject,
  type JsonValue,
  SerializationError,
  slotIsolationKey,
  ValidationError,
  validateAIDFormat,
  validateGroupAIDFormat,
} from 'aun-core';

export type CallerScope = { readonly aid: string; readonly deviceId: string; readonly slotId: string };

const MAX_FRAME_BYTES = 1_000_000;
const SEND_METHODS: ReadonlySet<string> = new Set(['message.send', 'group.send']);
const FORBIDDEN_IN_SEND = ['persist', 'delivery_mode', 'queue_routing', 'affinity_ttl_ms'];
const INSTANCE_METHODS: ReadonlySet<string> = new Set([
  'message.pull',
  'message.v2.pull',
  'message.ack',
  'message.v2.ack',
]);

const refuse = (field: string, message: string): never => {
  throw new ValidationError(message, { data: { field } });
};

/** A recipient AID; `group.{issuer}` is the group service and no person (04 §4.1). */
const recipient = (method: string, value: JsonValue | undefined): string => {
  if (value === undefined || value === null || value === '') {
    return refuse('to', `${method} requires 'to', the AID of the recipient`);
  }
  const to = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (to.startsWith('group.')) refuse('to', `${method}: 'to' is a group service address, use group.send`);
  return validateAIDFormat(value, 'to');
};

const checkSend = (method: string, params: JsonObject): JsonObject => {
  const forbidden = FORBIDDEN_IN_SEND.find((field) => field in params);
  if (forbidden !== undefined) {
    refuse(forbidden, `${method} does not take '${forbidden}': delivery is an option of connect()`);
  }
  const checked = method === 'message.send' ? { ...params, to: recipient(method, params.to) } : params;
  if (checked.payload === undefined || checked.payload === null) {
    refuse('payload', `${method} requires 'payload'`);
  }
  if (checked.encrypt !== false && !isJsonObject(checked.payload)) {
    refuse('payload', `${method}: 'payload' must be a JSON object`);
  }
  return checked;
};

const checkThought = (method: string, params: JsonObject): JsonObject => {
  const context = params.context;
  const complete =
    isJsonObject(context) &&
    typeof context.type === 'string' &&
    context.type !== '' &&
    typeof context.id === 'string' &&
    context.id !== '';
  if (!complete) refuse('context', `${method} requires 'context' with a non-empty 'type' and 'id'`);
  if (method === 'message.thought.put') return { ...params, to: recipient(method, params.to) };
  if (!method.endsWith('.get')) return params;
  return { ...params, sender_aid: validateAIDFormat(params.sender_aid, 'sender_aid') };
};

/** Pull and ack act on the connection's own instance; a foreign one is a mistake (07 §6.10). */
const checkInstance = (method: string, params: JsonObject, scope: CallerScope): JsonObject => {
  const { device_id, slot_id, ...rest } = params;
  if (device_id !== undefined && device_id !== scope.deviceId) {
    refuse('device_id', `${method}: device_id is not the one of this connection`);
  }
  if (slot_id !== undefined) {
    const sameSlot = isSlotId(slot_id) && slotIsolationKey(slot_id) === slotIsolationKey(scope.slotId);
    if (!sameSlot) refuse('slot_id', `${method}: slot_id is not the one of this connection`);
  }
  return rest;
};

/** Group calls name the group under both keys and the calling instance (02 §4.6). */
const normaliseGroup = (method: string, params: JsonObject, scope: CallerScope): JsonObject => {
  if (!method.startsWith('group.')) return params;
  const instance = { device_id: scope.deviceId, slot_id: scope.slotId, ...params };
  const named = params.group_aid ?? params.group_id;
  if (named === undefined || named === null) return instance;
  const localIssuer = scope.aid.slice(scope.aid.indexOf('.') + 1);
  const groupAid = validateGroupAIDFormat(named, params.group_aid === undefined ? 'group_id' : 'group_aid', {
    localIssuer,
  });
  return { ...instance, group_aid: groupAid, group_id: groupAid };
};

/**
 * Checks the params of a call and normalises AIDs, groups and instances (07 §6.10).
 * @throws {ValidationError} naming the offending field, before anything is sent
 */
export const validateParams = (method: string, params: JsonObject, scope: CallerScope): JsonObject => {
  if (SEND_METHODS.has(method)) return normaliseGroup(method, checkSend(method, params), scope);
  if (/^(message|group)\.thought\.(put|get)$/.test(method)) {
    return normaliseGroup(method, checkThought(method, params), scope);
  }
  if (INSTANCE_METHODS.has(method)) return checkInstance(method, params, scope);
  return normaliseGroup(method, params, scope);
};

/**
 * The JSON text of a value.
 * @throws {SerializationError} naming it, when there is none
 */
export const jsonOf = (name: string, value: unknown): string => {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new SerializationError(`${name} cannot be written as JSON`, { cause, data: { field: name } });
  }
  if (text !== undefined) return text;
  throw new SerializationError(`${name} cannot be written as JSON`, { data: { field: name } });
};

/**
 * Refuses what no gateway accepts, with the sizes in the sentence (02 §3.1). To be asked before a message is encrypted,
 * signed or stored.
 * @throws {ValidationError} when it is too large
 * @throws {SerializationError} when it cannot be JSON: circular, with a BigInt, or nothing at all (07 §2.3)
 */
export const checkPayloadSize = (payload: JsonValue): void => {
  const json = jsonOf('payload', payload);
  // No UTF-16 unit takes more than three bytes in UTF-8.
  if (json.length * 3 <= MAX_FRAME_BYTES) return;
  const bytes = new TextEncoder().encode(json).length;
  if (bytes <= MAX_FRAME_BYTES) return;
  const [size, limit] = [bytes, MAX_FRAME_BYTES].map((n) => n.toLocaleString('en-US'));
  throw new ValidationError(
    `payload is too large: it is ${size} bytes, limit ${limit}: put large content in storage`,
    { data: { field: 'payload', size_bytes: bytes, limit: MAX_FRAME_BYTES } },
  );
};
