/** Go clients die on frames above 32,768 bytes; everyone else takes a megabyte (02 §3.1, 04 §13.5). */
export const GO_FRAME_BUDGET = 30_000;
export const FRAME_BUDGET = 900_000;

/** Room for everything around a result: id, `_meta`, `_trace`. */
export const FRAME_OVERHEAD = 1_600;

export const frameBudgetOf = (sdkLang: string, diedOfLargeFrame: boolean): number => {
  const lang = sdkLang.toLowerCase();
  if (lang === 'go' || lang === 'golang') return GO_FRAME_BUDGET;
  return lang === '' && diedOfLargeFrame ? GO_FRAME_BUDGET : FRAME_BUDGET;
};
