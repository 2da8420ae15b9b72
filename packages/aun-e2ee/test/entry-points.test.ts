import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const source = new URL('../src/', import.meta.url);

/** Modules that a source file reaches at run time; type-only imports vanish. */
function reachable(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(new URL(file, source), 'utf8');
  for (const [, clause = '', specifier = ''] of text.matchAll(
    /^(?:import|export) ([^;]*?)from '([^']+)';/gms,
  )) {
    if (clause.startsWith('type ')) continue;
    if (specifier.startsWith('.')) {
      reachable(
        new URL(specifier.replace(/\.js$/, '.ts'), new URL(file, source)).href.slice(source.href.length),
        seen,
      );
    } else seen.add(specifier);
  }
  return seen;
}

describe('entry points', () => {
  it('validate reaches no code that encrypts or decrypts', () => {
    const modules = reachable('validate.ts');
    expect([...modules]).toContain('merkle.ts');
    for (const file of ['open.ts', 'wrap.ts', 'draft.ts', 'encrypt.ts', 'session.ts', 'metadata.ts']) {
      expect([...modules]).not.toContain(file);
    }
  });

  it('only the pool and the Node way of hashing import Node modules', () => {
    for (const entry of ['index.ts', 'validate.ts', 'merkle-hash/portable.ts']) {
      expect([...reachable(entry)].filter((name) => name.startsWith('node:'))).toEqual([]);
    }
  });
});
