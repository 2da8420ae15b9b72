import { describe, expect, it } from 'vitest';
import { areas } from '../src/areas/index.js';
import { readArguments } from '../src/lib/arguments.js';
import { measure } from '../src/lib/measure.js';
import { formatTable } from '../src/lib/table.js';

describe('arguments', () => {
  it('are --json, --only and --full', () => {
    expect(readArguments(['--json', 'out.json', '--only', 'ecdh'])).toEqual({
      help: false,
      full: false,
      json: 'out.json',
      only: 'ecdh',
    });
  });

  it('ask for long rows with --full', () => {
    expect(readArguments(['--full'])).toEqual({ help: false, full: true });
  });

  it.each([['--jsn', 'x'], ['--json'], ['ecdh']])('refuse %s %s', (...args) => {
    expect(() => readArguments(args)).toThrow(TypeError);
  });
});

describe('measure', () => {
  const spin = (units: number) => () => {
    let sum = 0;
    for (let i = 0; i < units * 2_000; i++) sum += Math.sqrt(i);
    return sum;
  };

  it('gives the bound as the sum of counted primitives, and the ratio to it', async () => {
    const row = { name: 'row', run: spin(4), bound: { unit: 2 } };
    const { opsPerSecond, bound, ratio } = await measure(row, { unit: spin(1) }, 'node');
    expect(bound).not.toBeNull();
    expect(ratio).toBeCloseTo(opsPerSecond / (bound ?? 0), 2);
  });

  it('has no bound when a row names none, and refuses an unknown primitive', async () => {
    expect(await measure({ name: 'row', run: spin(1) }, {}, 'node')).toMatchObject({
      bound: null,
      ratio: null,
    });
    const row = { name: 'row', run: spin(1), bound: { other: 1 } };
    await expect(measure(row, {}, 'node')).rejects.toThrow('no primitive "other"');
  });
});

describe('areas', () => {
  it('name every row once and only primitives they have', { timeout: 60_000 }, async () => {
    for (const area of areas) {
      const { rows, scenarios = [], primitives, close } = await area.setup('node');
      const names = [...rows.map(({ name }) => name), ...scenarios.flatMap((scenario) => scenario.rows)];
      expect(new Set(names).size).toBe(names.length);
      for (const { bound } of rows) {
        for (const name of Object.keys(bound ?? {})) expect(primitives).toHaveProperty(name);
      }
      await close?.();
    }
  });
});

it('formats a table with aligned columns', () => {
  const lines = formatTable([
    { name: 'a', backend: 'node', opsPerSecond: 123_456, bound: 200_000, ratio: 0.617 },
    { name: 'longer', backend: 'noble', opsPerSecond: 1.5, bound: null, ratio: null },
  ]).split('\n');
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  expect(lines[2]).toContain('123,456');
  expect(lines[2]).toContain('0.62');
});
