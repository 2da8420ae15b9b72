import { parseFrontmatter } from 'aun-agentmd';
import type { JsonValue } from 'aun-core';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char] ?? '');

const shown = (value: JsonValue | undefined): string => {
  if (typeof value === 'string' || typeof value === 'number') return String(value).trim();
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(', ') : '';
};

/** Nothing in a page of a stranger may run, load or frame anything. */
export const pageHeaders = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'public, max-age=0, must-revalidate',
  Vary: 'Accept, User-Agent',
};

/** The home page of an agent, made from the frontmatter of its agent.md (09 §6.1, 06c §6). */
export const agentPage = (aid: string, content: Uint8Array): string => {
  const parsed = parseFrontmatter(content);
  const fields = parsed.ok ? parsed.data.fields : {};
  const name = shown(fields.name) || aid;
  const facts = ['type', 'version', 'tags'].flatMap((key) => {
    const text = shown(fields[key]);
    return text === '' ? [] : [`<dt>${key}</dt><dd>${escaped(text)}</dd>`];
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(name)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:3em auto;padding:0 1em}dt{color:#666}</style></head>
<body>
<h1>${escaped(name)}</h1>
<p>${escaped(shown(fields.description))}</p>
<dl><dt>aid</dt><dd>${escaped(aid)}</dd>${facts.join('')}</dl>
<p><a href="/agent.md">agent.md</a></p>
</body>
</html>
`;
};

/** A person looks with a browser: it asks for HTML and says so; programs get the document (06c §6). */
export const wantsPage = (accept: string | undefined, userAgent: string | undefined): boolean =>
  /\btext\/html\b/i.test(accept ?? '') &&
  !/\btext\/markdown\b/i.test(accept ?? '') &&
  /\bMozilla\//.test(userAgent ?? '');
