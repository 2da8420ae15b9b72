import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const rows = read('./README.md')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, numbers = '']) => /^\d/.test(numbers))
  .map(([, numbers = '', file = '', name = '']) => ({
    numbers: numbers.split(', ').map(Number),
    file,
    name,
  }));

/** Servers alone, the group service, two gateways: as the text below the table says. */
const ELSEWHERE = [54, 58, 63, 69, 71, 74, 76, 77, 78, 79, 92, 93, 94, 95, 96, 97];

describe('the table of acceptance behaviours', () => {
  it('names every number of 04 §25', () => {
    const named = new Set([...rows.flatMap(({ numbers }) => numbers), ...ELSEWHERE]);
    expect([...named].sort((a, b) => a - b)).toEqual(Array.from({ length: 97 }, (_, index) => index + 1));
  });

  it.each(rows)('$numbers: $file has that test', ({ numbers, file, name }) => {
    const path = `../${file}.test.ts`;
    expect(existsSync(new URL(path, import.meta.url))).toBe(true);
    const source = read(path);
    expect(source).toContain(name);
    if (file.startsWith('acceptance/') && !source.includes(`[%s] ${name}`)) {
      const [, inName = ''] =
        source.match(new RegExp(`\\[([\\d, ]+)\\] ${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)) ?? [];
      expect(inName.split(', ').map(Number)).toEqual(numbers);
    }
  });
});
