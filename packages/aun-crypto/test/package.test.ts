import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  imports: { '#backend': Record<string, string> };
};

/** Every specifier that the built entry reaches when `#backend` is resolved by `condition`. */
function reached(condition: string): Set<string> {
  const seen = new Set<string>();
  const visit = (specifier: string, from: URL): void => {
    const target = specifier === '#backend' ? manifest.imports['#backend'][condition] : specifier;
    const url = target?.startsWith('.') ? new URL(target, specifier === '#backend' ? root : from) : undefined;
    const name = url?.href ?? specifier;
    if (seen.has(name)) return;
    seen.add(name);
    if (url === undefined) return;
    for (const [, next] of readFileSync(url, 'utf8').matchAll(
      /^(?:import|export)\b[^'";]*?['"]([^'"]+)['"];?$/gm,
    )) {
      if (next) visit(next, url);
    }
  };
  visit('./dist/index.js', root);
  return seen;
}

describe('the built package', () => {
  it('reaches no Node module through the browser and default conditions', () => {
    for (const condition of ['browser', 'default']) {
      const names = [...reached(condition)];
      expect(names).toContain('@noble/curves/nist.js');
      expect(names.filter((name) => name.startsWith('node:'))).toEqual([]);
    }
  });

  it('uses node:crypto in Node', () => {
    expect([...reached('node')]).toContain('node:crypto');
  });

  it('keeps the backend out of its public types', () => {
    expect(readFileSync(new URL('dist/index.d.ts', root), 'utf8')).not.toContain('#backend');
  });
});
