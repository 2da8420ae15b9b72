import type { Measurement } from './types.js';

const columns = ['row', 'backend', 'op/s', 'µs/op', 'bound op/s', 'ratio'];

/** A table for people with right-aligned numbers, notes below it. */
export function formatTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map((m) => [
    m.name,
    m.backend,
    number(m.opsPerSecond),
    number(1e6 / m.opsPerSecond),
    m.bound === null ? '' : number(m.bound),
    m.ratio === null ? '' : m.ratio.toFixed(2),
  ]);
  const widths = columns.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  const notes = measurements.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`]));
  return [
    line(columns),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
