/** Browsers round their clocks: shorter runs are repeated until they take this long together. */
const leastMs = 40;

/**
 * Milliseconds of one run: the best of some rounds, so that other work on the machine counts as little as possible. A
 * round before them is not counted.
 */
export async function bestOf(rounds: number, run: () => unknown): Promise<number> {
  let repeat = 1;
  while ((await timeOf(repeat, run)) < leastMs) repeat *= 2;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) best = Math.min(best, (await timeOf(repeat, run)) / repeat);
  return best;
}

async function timeOf(repeat: number, run: () => unknown): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < repeat; i += 1) {
    const running = run();
    if (running instanceof Promise) await running;
  }
  return performance.now() - start;
}
