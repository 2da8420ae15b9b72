import { isIssuer, splitAid } from './aid.js';
import { ValidationError } from './errors.js';

declare const checked: unique symbol;

/** A checked group name, `{base}.{issuer}`, or only `{base}` while the local issuer is unknown (01 §1.2). */
export type GroupAid = string & { readonly [checked]: 'group-aid' };

export interface GroupNameOptions {
  /** Appended to a bare base. */
  readonly localIssuer?: string;
}

// g-[a-z0-9]{4,32} is a subset of the second form.
const basePatterns = [/^[a-z0-9]{5,64}$/, /^[a-z0-9][a-z0-9_-]{3,63}$/];

/**
 * Canonical spelling of a group id (01 §1.2, 03 §1.5): `group.{issuer}/{base}`, `group.{issuer}/{base}@{sub}`,
 * `{base}@{issuer}`, `{base}.{issuer}` and bare `{base}` all become `{base}.{issuer}`. Malformed input comes back
 * trimmed and in lower case; nothing is checked here.
 */
export function convertToGroupAid(raw: string, options: GroupNameOptions = {}): string {
  const text = stripEnds(raw.trim(), '/').toLowerCase();
  if (text === '') return '';
  if (text.startsWith('group.') && text.includes('/')) return convertPath(text);
  const at = text.indexOf('@');
  if (at >= 0) return join(text, text.slice(0, at), text.slice(at + 1));
  if (text.includes('.') || options.localIssuer === undefined) return text;
  return join(text, text, options.localIssuer.trim().toLowerCase());
}

export { convertToGroupAid as normalizeGroupAid, convertToGroupAid as normalizeGroupId };

function convertPath(text: string): string {
  const slash = text.indexOf('/');
  const domain = text.slice('group.'.length, slash);
  const tail = stripEnds(text.slice(slash + 1), '/');
  const at = tail.indexOf('@');
  return at < 0 ? join(text, tail, domain) : join(text, tail.slice(0, at), tail.slice(at + 1), domain);
}

/** Joins the parts with dots; returns `original` when one of them is empty. */
function join(original: string, ...parts: readonly string[]): string {
  const clean = parts.map((part) => stripEnds(part, '.'));
  return clean.every((part) => part !== '') ? clean.join('.') : original;
}

function stripEnds(text: string, mark: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === mark) start += 1;
  while (end > start && text[end - 1] === mark) end -= 1;
  return text.slice(start, end);
}

/** Base and domain of a group id in any spelling; the domain is empty when unknown. */
export function splitGroupId(raw: string, options: GroupNameOptions = {}): { base: string; domain: string } {
  const { name, issuer } = splitAid(convertToGroupAid(raw, options));
  return { base: name, domain: issuer };
}

/** Issuer domain at which the gateway of a group is discovered; empty when unknown. */
export function buildDiscoveryHost(raw: string, options: GroupNameOptions = {}): string {
  return splitGroupId(raw, options).domain;
}

/**
 * Checks a group id in any spelling and returns its canonical form (01 §1.2, 07 §2.5).
 *
 * @throws {ValidationError} naming `paramName`
 */
export function validateGroupAIDFormat(
  id: unknown,
  paramName = 'group_aid',
  options: GroupNameOptions = {},
): GroupAid {
  const refuse = (reason: string): never => {
    throw new ValidationError(`${paramName}: ${reason}`, { data: { field: paramName } });
  };
  if (typeof id !== 'string') return refuse('must be a string');
  if (stripEnds(id.trim(), '/').includes('//')) return refuse('must not contain "//"');
  const converted = convertToGroupAid(id, options);
  const { name: base, issuer: domain } = splitAid(converted);
  if (!basePatterns.some((pattern) => pattern.test(base)))
    return refuse(`"${base.slice(0, 80)}" is no valid group name`);
  if (converted.includes('.') && !isIssuer(domain))
    return refuse(`"${domain.slice(0, 80)}" is no valid issuer`);
  return converted as GroupAid;
}

/** Alias of {@link validateGroupAIDFormat} whose errors name `group_id`. */
export function validateGroupIDFormat(
  id: unknown,
  paramName = 'group_id',
  options: GroupNameOptions = {},
): GroupAid {
  return validateGroupAIDFormat(id, paramName, options);
}
