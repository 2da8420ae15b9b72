import { compareCodePoints } from './canonical-json.js';

/** JSON text is malformed, has a duplicate key or is nested too deeply; `offset` is a UTF-16 index into it. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
  readonly code = 'json_text';

  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(`${message} at offset ${offset}`);
  }
}

export interface StableTextOptions {
  /** Top-level members to leave out, e.g. `client_signature`. */
  readonly omitTopLevel?: (key: string) => boolean;
  /** Order of keys: JavaScript sorts by UTF-16 unit (default), Python and Go by code point (01 §15.2). */
  readonly keyOrder?: 'utf16' | 'codepoint';
}

/**
 * Re-writes JSON text in the stable form of `stableStringify`, but keeps every number lexeme as it stands on the
 * wire (`1.0`, `1e+16`): a Python signer hashes those bytes, and re-serialising them would break the hash (01 §15.2).
 *
 * @throws {JsonTextError} for malformed text, duplicate keys or nesting deeper than 1000.
 */
export function stableStringifyJsonText(text: string, options: StableTextOptions = {}): string {
  const reader = new Reader(text, options);
  const out = reader.value(0);
  reader.end();
  return out;
}

const numberLexeme = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const whiteSpace = /[ \t\n\r]*/y;
const maxDepth = 1000;

class Reader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly options: StableTextOptions,
  ) {}

  value(depth: number): string {
    if (depth > maxDepth) throw new JsonTextError('nested too deeply', this.at);
    this.take(whiteSpace);
    const first = this.text[this.at];
    if (first === '{') return this.object(depth);
    if (first === '[') return this.array(depth);
    if (first === '"') return JSON.stringify(this.string());
    for (const word of ['true', 'false', 'null']) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return word;
      }
    }
    return this.expect(numberLexeme, 'expected a value');
  }

  end(): void {
    this.take(whiteSpace);
    if (this.at !== this.text.length) throw new JsonTextError('unexpected text after the value', this.at);
  }

  private object(depth: number): string {
    const members = new Map<string, string>();
    this.list('}', () => {
      const start = this.at;
      const key = this.string();
      if (members.has(key)) throw new JsonTextError(`duplicate key ${JSON.stringify(key)}`, start);
      this.take(whiteSpace);
      this.punctuation(':');
      members.set(key, this.value(depth + 1));
    });
    const keys = [...members.keys()].filter((key) => depth > 0 || !this.options.omitTopLevel?.(key));
    keys.sort(this.options.keyOrder === 'codepoint' ? compareCodePoints : undefined);
    return `{${keys.map((key) => `${JSON.stringify(key)}:${members.get(key)}`).join(',')}}`;
  }

  private array(depth: number): string {
    const items: string[] = [];
    this.list(']', () => items.push(this.value(depth + 1)));
    return `[${items.join(',')}]`;
  }

  private list(close: string, element: () => void): void {
    this.at += 1;
    this.take(whiteSpace);
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      this.take(whiteSpace);
      element();
      this.take(whiteSpace);
      if (this.text[this.at] === close) break;
      this.punctuation(',');
    }
    this.at += 1;
  }

  private string(): string {
    const start = this.at;
    if (this.text[start] !== '"') throw new JsonTextError('expected a string', start);
    let end = start + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    this.at = end + 1;
    try {
      return JSON.parse(this.text.slice(start, this.at)) as string;
    } catch {
      throw new JsonTextError('malformed string', start);
    }
  }

  private punctuation(mark: string): void {
    if (this.text[this.at] !== mark) throw new JsonTextError(`expected "${mark}"`, this.at);
    this.at += 1;
  }

  private expect(pattern: RegExp, message: string): string {
    const lexeme = this.take(pattern);
    if (lexeme === '') throw new JsonTextError(message, this.at);
    return lexeme;
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const lexeme = pattern.exec(this.text)?.[0] ?? '';
    this.at += lexeme.length;
    return lexeme;
  }
}
