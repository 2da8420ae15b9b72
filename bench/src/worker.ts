import { areas } from './areas/index.js';
import { measure, significant } from './lib/measure.js';
import type { BackendName, Finding, Measurement, Scenario } from './lib/types.js';

/**
 * Measures every chosen row on one backend and sends each to the parent. The parent starts it with the package
 * condition that selects the backend; the first argument only says which one that is, the second which rows.
 */
const backend: BackendName = process.argv[2] === 'noble' ? 'noble' : 'node';
const { only, full = false } = JSON.parse(process.argv[3] ?? '{}') as { only?: string; full?: boolean };
const wantedText = only?.toLowerCase();

// Leaving through `exit` lets every scope end its processes and remove its folders.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.once('disconnect', () => process.exit(130));

const chosen = (area: string, names: readonly string[]): boolean =>
  wantedText !== undefined &&
  (area === wantedText || names.some((name) => name.toLowerCase().includes(wantedText)));

const wantsScenario = (area: string, { rows, long = false }: Scenario): boolean =>
  wantedText === undefined ? full || !long : chosen(area, rows);

const measurement = ({ opsPerSecond, bound, ...rest }: Finding): Measurement => ({
  ...rest,
  backend,
  opsPerSecond: significant(opsPerSecond),
  bound: bound === null ? null : significant(bound),
  ratio: bound === null ? null : significant(opsPerSecond / bound),
});

for (const area of areas.filter(({ backends }) => backends.includes(backend))) {
  const setup = await area.setup(backend);
  for (const row of setup.rows) {
    if (wantedText === undefined || chosen(area.name, [row.name])) {
      process.send?.(await measure(row, setup.primitives, backend));
    }
  }
  for (const scenario of (setup.scenarios ?? []).filter((one) => wantsScenario(area.name, one))) {
    for (const finding of await scenario.run()) process.send?.(measurement(finding));
  }
  await setup.close?.();
}
process.removeAllListeners('disconnect');
process.disconnect?.();
