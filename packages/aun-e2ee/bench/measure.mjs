/** Best time of one call in µs, over batches that alternate between the given functions so that noise hits all alike. */
export function measure(functions, { budgetMs = 500, minBatches = 8 } = {}) {
  const names = Object.keys(functions);
  const best = Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY]));
  const sizes = Object.fromEntries(names.map((name) => [name, batchSize(functions[name])]));
  const end = performance.now() + budgetMs * names.length;
  for (let batch = 0; batch < minBatches || performance.now() < end; batch++) {
    for (const name of names) best[name] = Math.min(best[name], timeBatch(functions[name], sizes[name]));
  }
  return best;
}

function batchSize(run) {
  run();
  const once = timeBatch(run, 1);
  return Math.max(1, Math.min(200, Math.round(1_000 / Math.max(1, once))));
}

function timeBatch(run, size) {
  const start = performance.now();
  for (let i = 0; i < size; i++) run();
  return ((performance.now() - start) * 1000) / size;
}

export const perSecond = (us) => (us >= 1e5 ? (1e6 / us).toFixed(1) : Math.round(1e6 / us).toString());
