import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../src/', import.meta.url);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const source = (name: string) => readFileSync(new URL(name, root), 'utf8');
const nodeOnly = new Set([
  'net/node-lookup.ts',
  'net/node-tls.ts',
  'http/platform-node.ts',
  'socket/platform-ws.ts',
]);
const importsOf = (name: string) =>
  [...source(name).matchAll(/^(?:import|export)[^'"]*?from ['"]([^'"]+)['"]/gms)].map(
    (match) => match[1] ?? '',
  );

describe('the platforms', () => {
  it.each(files.filter((name) => !nodeOnly.has(name)))('%s needs nothing of Node', (name) => {
    for (const specifier of importsOf(name)) {
      expect(specifier).not.toMatch(/^(?:node:|ws$)/);
      if (!specifier.startsWith('.')) continue;
      const target = new URL(specifier.replace(/\.js$/, '.ts'), new URL(name, root));
      expect(nodeOnly.has(target.href.slice(root.href.length))).toBe(false);
    }
  });

  it('import nothing but aun-core from the layers below', () => {
    const outside = new Set(files.flatMap(importsOf).filter((specifier) => !specifier.startsWith('.')));
    expect([...outside].filter((specifier) => !specifier.startsWith('node:')).sort()).toEqual([
      '#http',
      '#socket',
      '#wake-up',
      'aun-core',
      'ws',
    ]);
  });
});
