const BOM = '\ufeff';

/**
 * The `aid` of the frontmatter as the signature check reads it: without a YAML parser, first hit wins, comments are not
 * removed, no closing `---` needed (09 §1.3). `''` when there is none.
 */
export function extractAgentMdAid(payload: string): string {
  const lines = (payload.startsWith(BOM) ? payload.slice(1) : payload).split(/\r?\n/);
  if (lines[0]?.trim() !== '---') return '';
  for (const raw of lines.slice(1)) {
    const line = raw.trim();
    if (line === '---') return '';
    if (line.startsWith('aid:')) return unquote(line.slice('aid:'.length).trim());
  }
  return '';
}

function unquote(value: string): string {
  const first = value[0];
  const quoted = value.length >= 2 && (first === '"' || first === "'") && value.endsWith(first);
  return quoted ? value.slice(1, -1).trim() : value;
}
