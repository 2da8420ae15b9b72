import {
  ErrorCodes,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Result,
  resultErr,
  resultOk,
} from 'aun-core';
import { CryptoError, utf8Encode } from 'aun-crypto';
import { CST, isAlias, isNode, Lexer, parseDocument, visit } from 'yaml';
import { type AgentMdContent, toText } from './content.js';

/** Largest accepted frontmatter in bytes (09 §11). */
export const MAX_FRONTMATTER_BYTES = 64 * 1024;

const maxDepth = 64;

export interface Frontmatter {
  readonly fields: JsonObject;
  /** Text after the closing `---` line. */
  readonly body: string;
}

/**
 * The frontmatter as a YAML mapping (09 §1.2): core schema, no aliases, no own tags, no duplicate keys, at most 64 KiB.
 * The first line must be `---` (a BOM before it is fine) and a later line must close it.
 * Code `AGENTMD_PARSE_ERROR`.
 */
export function parseFrontmatter(content: AgentMdContent): Result<Frontmatter, 'AGENTMD_PARSE_ERROR'> {
  let text: string;
  try {
    text = toText(content);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return refused('the document is not UTF-8', error);
  }
  const split = splitFrontmatter(text);
  if (typeof split === 'string') return refused(split);
  if (utf8Encode(split.yaml).length > MAX_FRONTMATTER_BYTES) {
    return refused(`the frontmatter is larger than ${MAX_FRONTMATTER_BYTES} bytes`);
  }
  const value = readYaml(split.yaml);
  if (!value.ok) return value;
  if (!isJsonObject(value.data)) return refused('the frontmatter is not a YAML mapping');
  return resultOk({ fields: value.data, body: split.body });
}

/** The two parts, or why there is no frontmatter. Lines end at LF or CRLF. */
function splitFrontmatter(text: string): { yaml: string; body: string } | string {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  const firstEnd = lineEnd(text, start);
  if (text.slice(start, firstEnd).trim() !== '---') return 'the document does not begin with ---';
  const yamlStart = firstEnd + 1;
  for (let at = yamlStart; at < text.length; ) {
    const end = lineEnd(text, at);
    if (text.slice(at, end).trim() === '---')
      return { yaml: text.slice(yamlStart, at), body: text.slice(end + 1) };
    at = end + 1;
  }
  return 'the frontmatter has no closing ---';
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}

function readYaml(yaml: string): Result<JsonValue, 'AGENTMD_PARSE_ERROR'> {
  if (nestsTooDeep(yaml)) return refused(`the frontmatter is nested deeper than ${maxDepth} levels`);
  const document = parseDocument(yaml, {
    schema: 'core',
    merge: false,
    logLevel: 'silent',
    prettyErrors: false,
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) return refused(`the frontmatter is not plain YAML: ${problem.message}`, problem);
  let alias = false;
  visit(document, (_key, node) => {
    if (isAlias(node) || (isNode(node) && 'anchor' in node && node.anchor !== undefined)) alias = true;
    return alias ? visit.BREAK : undefined;
  });
  if (alias) return refused('the frontmatter uses anchors or aliases');
  // Through JSON: infinities and the like have no place in a card.
  return resultOk(JSON.parse(JSON.stringify(document.toJS() ?? null)) as JsonValue);
}

/** Counts brackets, dashes and indentation from above, so that no parser has to recurse into hostile input. */
function nestsTooDeep(yaml: string): boolean {
  return yaml.split('\n').some((line) => blockDepth(line) > maxDepth) || flowNestsTooDeep(yaml);
}

/** The lexer, which keeps no stack, tells brackets from those inside of texts and comments. */
function flowNestsTooDeep(yaml: string): boolean {
  let open = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(yaml)) {
    const type = isScalar ? 'scalar' : CST.tokenType(lexeme);
    isScalar = lexeme === CST.SCALAR;
    if (type === 'flow-seq-start' || type === 'flow-map-start') open += 1;
    else if (type === 'flow-seq-end' || type === 'flow-map-end') open = Math.max(0, open - 1);
    else if (type === 'flow-error-end') open = 0;
    if (open > maxDepth) return true;
  }
  return false;
}

/** Nested blocks need at least one column each; `- - -` opens several in one line. */
function blockDepth(line: string): number {
  const indent = line.length - line.trimStart().length;
  const dashes = /^(?:[-?]\s+)*/.exec(line.trimStart())?.[0].length ?? 0;
  return Math.max(0, (indent + dashes) / 2);
}

function refused(why: string, cause?: unknown) {
  return resultErr(ErrorCodes.AGENTMD_PARSE_ERROR, `agent.md: ${why}`, cause);
}
