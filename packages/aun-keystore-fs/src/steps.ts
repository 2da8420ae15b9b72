/**
 * A store operation is written once, as a generator that yields where it would have to wait. The synchronous face
 * blocks at these places, the asynchronous one awaits: one code path, so both behave the same.
 */
export type Pause =
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'work'; readonly sync: () => void; readonly async: () => Promise<void> }
  | { readonly kind: 'breathe' };

/** `unknown` comes back from every yield and is never used. */
export type Steps<T> = Generator<Pause, T, void>;

/** Gives the event loop a turn in the asynchronous form; nothing in the synchronous one. */
export const breathe: Pause = { kind: 'breathe' };

/** A step sequence that never has to wait. */
// biome-ignore lint/correctness/useYield: its length is zero on purpose
export function* just<T>(work: () => T): Steps<T> {
  return work();
}

export function runSync<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (step.done !== true) {
    const failure = attempt(step.value);
    step = failure === null ? steps.next() : steps.throw(failure.error);
  }
  return step.value;
}

export async function runAsync<T>(steps: Steps<T>): Promise<T> {
  let step = steps.next();
  while (step.done !== true) {
    const failure = await attemptAsync(step.value);
    step = failure === null ? steps.next() : steps.throw(failure.error);
  }
  return step.value;
}

// An error of a pause goes back into the generator, so that its `finally` blocks (locks) run.
function attempt(pause: Pause): { readonly error: unknown } | null {
  try {
    if (pause.kind === 'sleep') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause.ms);
    if (pause.kind === 'work') pause.sync();
    return null;
  } catch (error) {
    return { error };
  }
}

async function attemptAsync(pause: Pause): Promise<{ readonly error: unknown } | null> {
  try {
    if (pause.kind === 'sleep') await new Promise((resolve) => setTimeout(resolve, pause.ms));
    if (pause.kind === 'work') await pause.async();
    if (pause.kind === 'breathe') await new Promise((resolve) => setImmediate(resolve));
    return null;
  } catch (error) {
    return { error };
  }
}
