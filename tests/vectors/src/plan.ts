/** One statement of a known-answer file. `run` throws when the built packages do not agree with it. */
export interface VectorCase {
  readonly section: string;
  readonly name: string;
  run(): void | Promise<void>;
  /** Why our answer differs from the file's on purpose; printed with the case. */
  readonly note?: string | undefined;
}

/** What a file asks for. */
export interface VectorPlan {
  readonly cases: readonly VectorCase[];
  /** Sections that a later part of the project covers. */
  readonly notCovered: readonly string[];
}

/** A file's content, as parsed. */
// biome-ignore lint/suspicious/noExplicitAny: known-answer files are read as they are
export type VectorFile = any;

export type VectorKind = (file: VectorFile) => VectorPlan | Promise<VectorPlan>;

/** A case that always fails: what nobody understands must not pass unseen. */
export function unknownCase(section: string, name: string): VectorCase {
  return {
    section,
    name,
    run() {
      throw new Error('this runner does not understand it');
    },
  };
}

/** Sections of a file that are neither description nor known. */
export function unknownSections(file: VectorFile, known: readonly string[]): VectorCase[] {
  return Object.keys(file)
    .filter((key) => !known.includes(key))
    .map((key) => unknownCase(key, 'unknown section'));
}

export function equal(what: string, got: unknown, wanted: unknown): void {
  const [left, right] = [got, wanted].map((value) => JSON.stringify(value, sortKeys));
  if (left !== right) throw new Error(`${what}: got ${left}, expected ${right}`);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** True when `run` throws an error of the given class name. */
export function throws(run: () => unknown, errorName: string): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof Error && error.name === errorName) return true;
    throw error;
  }
}
