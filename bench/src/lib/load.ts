/** Runs `work(0)`, `work(1)`, ... `work(count - 1)`, at most `width` at a time. */
export async function inParallel<T>(
  count: number,
  width: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
  return results;
}

/** Keeps `width` calls of `work` under way for `ms`; how many ended per second. */
export async function perSecond(ms: number, width: number, work: () => Promise<unknown>): Promise<number> {
  let done = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() - start < ms) {
      await work();
      done++;
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return done / ((performance.now() - start) / 1e3);
}

/** Seconds that `work` took per unit. */
export async function secondsPer(units: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1e3 / units;
}

/** The value below which `part` (0 to 1) of the values lie. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  if (value === undefined) throw new Error('no values');
  return value;
}

/** Seconds per call, the best of several batches. */
export function secondsOf(work: () => unknown, calls = 100): number {
  for (let i = 0; i < calls; i++) work();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) work();
    best = Math.min(best, (performance.now() - start) / 1e3 / calls);
  }
  return best;
}

export const milliseconds = (seconds: number): string => `${(seconds * 1e3).toPrecision(3)} ms`;
export const microseconds = (seconds: number): string => `${(seconds * 1e6).toPrecision(3)} µs`;
