/**
 * Cuts members out of JSON text without re-printing them: stored payloads keep the bytes of their sender (number
 * lexemes included, 02 §5.1). Only for text that `JSON.parse` has accepted before.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
};

/** `from` is at the opening quote; the result is behind the closing one. */
const skipString = (text: string, from: number): number => {
  let at = from;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return text.length;
    let slashes = at;
    while (text.charCodeAt(slashes - 1) === BACKSLASH) slashes -= 1;
    if ((at - slashes) % 2 === 0) return at + 1;
  }
};

const scalarEnd = /[\s,}\]]/g;

/** Character by character outside of strings, which are most of a message: quicker than a regular expression. */
const skipNested = (text: string, from: number): number => {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    at += 1;
    if (code === 0x7b || code === 0x5b) {
      depth += 1;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return text.length;
};

const skipValue = (text: string, from: number): number => {
  const first = text[from];
  if (first === '"') return skipString(text, from);
  if (first === '{' || first === '[') return skipNested(text, from);
  scalarEnd.lastIndex = from;
  return scalarEnd.exec(text)?.index ?? text.length;
};

const keyOf = (text: string, from: number, end: number): string => {
  const raw = text.slice(from + 1, end - 1);
  return raw.includes('\\') ? (JSON.parse(text.slice(from, end)) as string) : raw;
};

/** Text of each member of an object's text; the last of equal keys wins, as in `JSON.parse`. */
export function sliceMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = skipSpace(text, 0) + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text.charCodeAt(at) !== QUOTE) return members;
    const keyEnd = skipString(text, at);
    const key = keyOf(text, at, keyEnd);
    at = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = skipValue(text, at);
    members.set(key, text.slice(at, end));
    at = skipSpace(text, end);
    if (text[at] !== ',') return members;
    at += 1;
  }
}

/** Text of one member, or undefined. */
export const sliceMember = (text: string, key: string): string | undefined => sliceMembers(text).get(key);

/** Text of each element of an array's text. */
export function sliceElements(text: string): string[] {
  const elements: string[] = [];
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (at < text.length && text[at] !== ']') {
    const end = skipValue(text, at);
    elements.push(text.slice(at, end));
    at = skipSpace(text, end);
    if (text[at] !== ',') break;
    at = skipSpace(text, at + 1);
  }
  return elements;
}

/** True when arrays and objects are nested in more than `limit` levels. */
export function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at) - 1;
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}
