import { isJsonObject, type JsonObject } from 'aun-core';

const CONTENT_ALIAS: ReadonlySet<string> = new Set(['message.send', 'group.send']);
const TYPED_PAYLOAD: ReadonlySet<string> = new Set([
  'message.send',
  'group.send',
  'message.thought.put',
  'group.thought.put',
]);

/** `content` is an alias of `payload` for the two send methods. */
const renameContent = (method: string, params: JsonObject): JsonObject => {
  if (!CONTENT_ALIAS.has(method) || params.content === undefined || params.payload !== undefined)
    return params;
  const { content, ...rest } = params;
  return { ...rest, payload: content };
};

/** `{ text: '…' }` becomes `{ type: 'text', text: '…' }`, with `type` first (07 §6.10). */
const addTextType = (method: string, params: JsonObject): JsonObject => {
  const payload = params.payload;
  if (!TYPED_PAYLOAD.has(method) || !isJsonObject(payload)) return params;
  if (typeof payload.text !== 'string' || payload.type !== undefined) return params;
  return { ...params, payload: { type: 'text', ...payload } };
};

/** `message.v2.send` with a plain payload means the encrypted `message.send`, groups likewise (07 §6.10). */
const aliasMethod = (method: string, params: JsonObject): string => {
  if (method === 'message.v2.send') return 'message.send';
  if (method === 'group.v2.send' && params.envelope === undefined) return 'group.send';
  return method;
};

/** Drops members set to undefined: they do not exist on the wire. */
export const withoutUndefined = (params: Readonly<Record<string, unknown>>): JsonObject =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) as JsonObject;

/** The parameter conveniences of 07 §6.10, before validation. */
export const applyConveniences = (
  method: string,
  params: JsonObject,
): { readonly method: string; readonly params: JsonObject } => {
  const name = aliasMethod(method, params);
  return { method: name, params: addTextType(name, renameContent(name, params)) };
};
