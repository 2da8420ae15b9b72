import { type JsonObject, type JsonValue, parseAid, ValidationError, validateGroupAIDFormat } from 'aun-core';
import { utf8Encode } from 'aun-crypto';
import { type AgentMdContent, toText } from './content.js';
import { parseFrontmatter } from './frontmatter.js';
import { parseAgentMd } from './parse.js';
import { SIGNATURE_MARKER } from './signature-block.js';

/** Something an author should know; `field` is a frontmatter field, `frontmatter`, `signature` or `document`. */
export interface LintFinding {
  readonly level: 'error' | 'warning';
  readonly field: string;
  readonly message: string;
}

/** Frontmatter and body together, signature block not counted (09 §1.1). */
export const RECOMMENDED_MAX_BYTES = 4096;

const knownTypes = ['human', 'assistant', 'avatar', 'openclaw', 'codeagent'];
const knownVisibilities = ['public', 'unlisted', 'private'];

/**
 * Advice for authors (09 §1.1, §1.2). Errors are what a server refuses or readers cannot use: no frontmatter, no valid
 * `aid`, a broken signature block. Everything else is a warning. `[]` means nothing to remark.
 */
export function lintAgentMd(content: AgentMdContent): LintFinding[] {
  const frontmatter = parseFrontmatter(content);
  if (!frontmatter.ok) return [error('frontmatter', frontmatter.error.message)];
  const parsed = parseAgentMd(content);
  return [
    ...lintFields(frontmatter.data.fields),
    ...lintDocument(toText(content), parsed.payload),
    ...(parsed.parseError === undefined ? [] : [error('signature', parsed.parseError)]),
  ];
}

function lintFields(fields: JsonObject): LintFinding[] {
  const { description, tags, type, version, visibility } = fields;
  const findings = [
    ...lintAid(fields.aid),
    ...requiredTexts(fields, ['name', 'type', 'version', 'description']),
  ];
  if (typeof type === 'string' && type !== '' && !knownTypes.includes(type)) {
    findings.push(warning('type', `is not one of ${knownTypes.join(', ')}; readers show it as text`));
  }
  if (typeof version === 'string' && version !== '' && !/^\d+\.\d+\.\d+$/.test(version)) {
    findings.push(warning('version', 'should look like 1.2.0'));
  }
  if (typeof description === 'string' && [...description].length > 100) {
    findings.push(warning('description', 'should have at most 100 characters'));
  }
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'))) {
    findings.push(warning('tags', 'should be a list of texts'));
  }
  if (visibility !== undefined && !knownVisibilities.some((known) => known === visibility)) {
    findings.push(warning('visibility', `should be one of ${knownVisibilities.join(', ')}`));
  }
  return findings;
}

function lintAid(aid: JsonValue | undefined): LintFinding[] {
  if (typeof aid !== 'string' || aid.trim() === '') return [error('aid', 'is missing')];
  if (parseAid(aid).ok || isGroupAid(aid)) return [];
  return [error('aid', `"${aid.slice(0, 80)}" is neither an AID nor a group AID`)];
}

function isGroupAid(aid: string): boolean {
  try {
    return aid.includes('.') && validateGroupAIDFormat(aid) !== '';
  } catch (caught) {
    if (caught instanceof ValidationError) return false;
    throw caught;
  }
}

function requiredTexts(fields: JsonObject, names: readonly string[]): LintFinding[] {
  return names.flatMap((name) => {
    const value = fields[name];
    if (value === undefined || value === null || value === '') return [warning(name, 'is missing')];
    return typeof value === 'string' ? [] : [warning(name, 'should be a text: put it in quotes')];
  });
}

function lintDocument(text: string, payload: string): LintFinding[] {
  const findings: LintFinding[] = [];
  const size = utf8Encode(payload).length;
  if (size > RECOMMENDED_MAX_BYTES) {
    findings.push(
      warning('document', `has ${size} bytes, more than the ${RECOMMENDED_MAX_BYTES} every server takes`),
    );
  }
  if (text.startsWith('\ufeff')) findings.push(warning('document', 'begins with a byte order mark'));
  if (payload.split(/\r\n|\n|\r/).some((line) => line.startsWith(SIGNATURE_MARKER))) {
    findings.push(warning('document', 'shows the signature marker at the start of a line: indent it'));
  }
  return findings;
}

function error(field: string, message: string): LintFinding {
  return { level: 'error', field, message };
}

function warning(field: string, message: string): LintFinding {
  return { level: 'warning', field, message };
}
