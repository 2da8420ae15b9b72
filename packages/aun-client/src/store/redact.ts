import type { LogFields } from 'aun-core';

const SECRET_NAME =
  /token|secret|seed|password|private|payload|signature|authorization|plaintext|content|scalar|^key$/i;
const SECRET_TEXT =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;
const MAX_TEXT = 2_000;
const MAX_DEPTH = 4;

/** A text without private keys and access tokens, of bounded length. */
export const redactText = (text: string): string => {
  const clean = text.replace(SECRET_TEXT, '[redacted]');
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
};

/** Log fields as plain JSON values; whatever may hold a key, a token or a payload is hidden (07 §10). */
export const redactFields = (fields: LogFields): Record<string, unknown> =>
  redactObject(fields, 0) as Record<string, unknown>;

const redactObject = (value: object, depth: number): unknown => {
  const entries = Object.entries(value).map(([name, member]) => [
    name,
    SECRET_NAME.test(name) ? '[redacted]' : redactValue(member, depth + 1),
  ]);
  return Object.fromEntries(entries);
};

const redactValue = (value: unknown, depth: number): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return `${value.name}: ${redactText(value.message)}`;
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (depth >= MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) return value.slice(0, 20).map((member) => redactValue(member, depth + 1));
  return redactObject(value, depth);
};
