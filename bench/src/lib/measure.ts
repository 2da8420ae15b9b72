import type { BackendName, Measurement, Row, Work } from './types.js';

const MAX_ROUNDS = 40;
const MIN_ROUNDS = 5;
const ROW_BUDGET_MS = 3_000;
const SAMPLE_MS = 4;
const WARM_UP_MS = 300;

interface Meter {
  readonly work: Work;
  readonly batch: number;
}

/**
 * Times `row` and the primitives of its bound in turn, round after round, so that both see the same neighbours on the
 * machine. The best round of each counts: whatever else runs can only add time.
 */
export async function measure(
  row: Row,
  primitives: Readonly<Record<string, Work>>,
  backend: BackendName,
): Promise<Measurement> {
  const operation = await meter(row.run);
  const least = row.bound === undefined ? undefined : await meter(sequence(row, row.bound, primitives));
  let seconds = Number.POSITIVE_INFINITY;
  let boundSeconds = Number.POSITIVE_INFINITY;
  const deadline = performance.now() + ROW_BUDGET_MS;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (round >= MIN_ROUNDS && performance.now() > deadline) break;
    seconds = Math.min(seconds, await sample(operation));
    if (least !== undefined) boundSeconds = Math.min(boundSeconds, await sample(least));
  }
  return {
    name: row.name,
    backend,
    opsPerSecond: significant(1 / seconds),
    bound: least === undefined ? null : significant(1 / boundSeconds),
    ratio: least === undefined ? null : significant(boundSeconds / seconds),
  };
}

/** The primitives of a bound one after the other, as the operation has to call them: nothing but the platform's work. */
function sequence(
  row: Row,
  bound: Readonly<Record<string, number>>,
  primitives: Readonly<Record<string, Work>>,
): Work {
  const steps = Object.entries(bound).map(([name, count]) => {
    const work = primitives[name];
    if (work === undefined) throw new Error(`${row.name}: no primitive "${name}"`);
    return { work, count };
  });
  return () => {
    for (const { work, count } of steps) for (let i = 0; i < count; i++) work();
  };
}

/** The one of several ways to do the same thing that is fastest here and now. */
export function cheapest(candidates: readonly Work[]): Work {
  let best: { work: Work; time: number } | undefined;
  for (const work of candidates) {
    for (let i = 0; i < 20; i++) work();
    let time = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 20; round++) {
      const start = performance.now();
      for (let i = 0; i < 10; i++) work();
      time = Math.min(time, performance.now() - start);
    }
    if (best === undefined || time < best.time) best = { work, time };
  }
  if (best === undefined) throw new Error('no candidates');
  return best.work;
}

/** Warms `work` up and finds how many calls fill one sample. */
async function meter(work: Work): Promise<Meter> {
  const start = performance.now();
  let calls = 0;
  do {
    await work();
    calls++;
  } while (performance.now() - start < WARM_UP_MS);
  const perCall = (performance.now() - start) / calls;
  return { work, batch: Math.max(1, Math.round(SAMPLE_MS / perCall)) };
}

/**
 * Seconds per call over one batch. For synchronous work that is CPU time where it is less than wall time: on a busy
 * machine the difference is the time others had the core. Promises are awaited and take wall time.
 */
async function sample({ work, batch }: Meter): Promise<number> {
  let waited = false;
  const start = performance.now();
  const cpu = process.cpuUsage();
  for (let i = 0; i < batch; i++) {
    const result = work();
    if (result instanceof Promise) {
      waited = true;
      await result;
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  const wall = (performance.now() - start) / 1e3;
  return (waited ? wall : Math.min(wall, (user + system) / 1e6)) / batch;
}

/** Four digits: more would be noise. */
export const significant = (value: number): number => Number(value.toPrecision(4));
