import { areas } from './areas/index.js';
import { measure } from './lib/measure.js';
import type { BackendName } from './lib/types.js';

/**
 * Measures every chosen row on one backend and sends each to the parent. The parent starts it with the package
 * condition that selects the backend; the first argument only says which one that is.
 */
const backend: BackendName = process.argv[2] === 'noble' ? 'noble' : 'node';
const only = process.argv[3]?.toLowerCase();

for (const area of areas.filter(({ backends }) => backends.includes(backend))) {
  const setup = await area.setup(backend);
  const wanted = (name: string): boolean =>
    only === undefined || area.name === only || name.toLowerCase().includes(only);
  for (const row of setup.rows.filter(({ name }) => wanted(name))) {
    process.send?.(await measure(row, setup.primitives, backend));
  }
  await setup.close?.();
}
process.disconnect?.();
