import fc from 'fast-check';

/** 1 000 runs per decoder, 100 000 with AUN_SOAK=1. */
export const runs = { numRuns: process.env.AUN_SOAK === '1' ? 100_000 : 1_000 };

/** Values that parsers like to trip over. */
const nasty = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 53,
  Number.NaN,
  '',
  '\ud800',
  '\u0000',
  'AA==',
  'AB==',
  'AAA',
  '-_-_',
  '__proto__',
  [],
  {},
  [[]],
  [null],
  { __proto__: null },
  'x'.repeat(300),
  // An uncompressed point at infinity and a compressed point, as SPKI.
  Buffer.concat([
    Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
    Buffer.alloc(65),
  ]).toString('base64'),
  Buffer.concat([
    Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
    Buffer.from([2]),
    Buffer.alloc(32, 7),
  ]).toString('base64'),
);

export const anyJson = fc.oneof(nasty, fc.jsonValue({ maxDepth: 4 }), fc.anything());

/** Nesting that would overflow a careless recursion. */
export function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]));
  return [path, ...below];
}

/** One to three random places of a real value replaced, removed or duplicated. */
export function mutations(original: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(original).filter((path) => path.length > 0);
  const change = fc.record({
    path: fc.constantFrom(...paths),
    how: fc.constantFrom('replace', 'remove', 'flip', 'repeat'),
    value: fc.oneof(nasty, anyJson),
  });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = structuredClone(original);
    for (const { path, how, value } of changes) apply(copy, path, how, value);
    return copy;
  });
}

function apply(root: unknown, path: Path, how: string, value: unknown): void {
  const last = path.at(-1) ?? '';
  let at = root as { [key: string]: unknown };
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    if (typeof next !== 'object' || next === null) return;
    at = next as { [key: string]: unknown };
  }
  const known = at[last];
  if (how === 'remove') delete at[last];
  else if (how === 'repeat' && Array.isArray(known)) known.push(...structuredClone(known));
  else if (how === 'flip' && typeof known === 'string') at[last] = known.slice(1) + known.slice(0, 1);
  // A copy: the constants above must not grow from run to run.
  else at[last] = structuredClone(value);
}
