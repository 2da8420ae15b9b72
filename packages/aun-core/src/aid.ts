import { ErrorCodes } from './error-codes.js';
import { ValidationError } from './errors.js';
import { type Result, resultErr, resultOk } from './result.js';

declare const checked: unique symbol;

/** A checked agent name such as `alice.agentid.pub`: lower case, name and issuer valid (01 §1.1). */
export type Aid = `${string}.${string}` & { readonly [checked]: 'aid' };

const namePattern = /^[a-z0-9_][a-z0-9_-]{3,63}$/;
const issuerCharacters = /^[a-z0-9._-]+$/;
const alphanumeric = /^[a-z0-9]$/;

/** Splits at the first dot; the issuer is empty when there is none. */
export function splitAid(aid: string): { readonly name: string; readonly issuer: string } {
  const dot = aid.indexOf('.');
  return dot < 0 ? { name: aid, issuer: '' } : { name: aid.slice(0, dot), issuer: aid.slice(dot + 1) };
}

/** The part of an AID after its first dot. */
export function issuerOf(aid: string): string {
  return splitAid(aid).issuer;
}

/** True for the name part of an AID: 4 to 64 of `[a-z0-9_-]`, not beginning with `-` or `guest`. */
export function isAidName(name: string): boolean {
  return namePattern.test(name) && !name.startsWith('guest');
}

/** True for an issuer domain: non-empty `[a-z0-9._-]`, first and last character alphanumeric. */
export function isIssuer(issuer: string): boolean {
  return (
    issuerCharacters.test(issuer) &&
    alphanumeric.test(issuer.charAt(0)) &&
    alphanumeric.test(issuer.charAt(issuer.length - 1))
  );
}

/** Trims, folds to lower case and checks name and issuer; code `INVALID_AID_FORMAT` (01 §1.1). */
export function parseAid(input: unknown): Result<Aid, 'INVALID_AID_FORMAT'> {
  if (typeof input !== 'string') return invalid('must be a string');
  const text = input.trim().toLowerCase();
  if (text === '') return invalid('must not be empty');
  const { name, issuer } = splitAid(text);
  if (issuer === '') return invalid(`"${preview(text)}" has no issuer: expected name.issuer`);
  if (!isAidName(name)) {
    return invalid(
      `the name in "${preview(text)}" must be 4 to 64 of a-z, 0-9, _ and -, not begin with "-" and not with "guest"`,
    );
  }
  if (!isIssuer(issuer)) {
    return invalid(`the issuer in "${preview(text)}" must be a domain of a-z, 0-9, ".", "_" and "-"`);
  }
  return resultOk(text as Aid);
}

/** Like {@link parseAid}, but refuses upper case and outer spaces: file names and certificates carry the exact text. */
export function parseExactAid(input: unknown): Result<Aid, 'INVALID_AID_FORMAT'> {
  const parsed = parseAid(input);
  if (parsed.ok && parsed.data !== input) {
    return invalid(`"${preview(String(input))}" must be lower case and without spaces: ${parsed.data}`);
  }
  return parsed;
}

/**
 * Checks an AID parameter and returns it trimmed and in lower case (07 §2.5).
 *
 * @throws {ValidationError} naming `paramName`
 */
export function validateAIDFormat(aid: unknown, paramName = 'aid'): Aid {
  const parsed = parseAid(aid);
  if (!parsed.ok)
    throw new ValidationError(`${paramName}: ${parsed.error.message}`, { data: { field: paramName } });
  return parsed.data;
}

/**
 * The lenient check of the public SDKs' stores: only the part before the first dot counts, nothing is folded but
 * outer white space (01 §1.1). Our own store uses {@link parseExactAid} instead (07 §2.5).
 *
 * @throws {ValidationError}
 */
export function validateAidName(aid: unknown, paramName = 'aid'): string {
  const text = typeof aid === 'string' ? aid.trim() : '';
  if (!isAidName(splitAid(text).name)) {
    throw new ValidationError(`${paramName}: the part before the first dot is no valid name`, {
      data: { field: paramName },
    });
  }
  return text;
}

function invalid(reason: string) {
  return resultErr(ErrorCodes.INVALID_AID_FORMAT, `invalid AID: ${reason}`);
}

function preview(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
