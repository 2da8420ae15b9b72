export type BackendName = 'node' | 'noble';

/** A measured function; what it returns is ignored, a promise is awaited. */
export type Work = () => unknown;

/**
 * One line of the table. `bound` counts the primitives of its area that the operation cannot do without; they are
 * called one after the other, and their time in the same rounds is the bound.
 */
export interface Row {
  readonly name: string;
  readonly run: Work;
  readonly bound?: Readonly<Record<string, number>>;
}

/** A line of the table from a scenario. Both speeds are per second; sizes are given as how many fit in a megabyte. */
export interface Finding {
  readonly name: string;
  readonly opsPerSecond: number;
  readonly bound: number | null;
  /** Other figures of the row and how the bound comes about, for people. */
  readonly note?: string;
}

/** What takes a process, a network or a disk to measure: it brings several rows at once and measures its own bound. */
export interface Scenario {
  /** Names of its findings. */
  readonly rows: readonly string[];
  /** Takes long: runs only with `--full`, or when chosen by name. */
  readonly long?: boolean;
  run(): Promise<readonly Finding[]>;
}

export interface AreaSetup {
  /** The cheapest platform call for each primitive. */
  readonly primitives: Readonly<Record<string, Work>>;
  readonly rows: readonly Row[];
  /** Whatever they start, they start when they run, not in `setup`. */
  readonly scenarios?: readonly Scenario[];
  close?(): Promise<void>;
}

/** One file in `areas/`: a name, the backends it makes sense on, and what it measures. */
export interface Area {
  readonly name: string;
  readonly backends: readonly BackendName[];
  setup(backend: BackendName): Promise<AreaSetup>;
}

/** What `--json` writes, per row. `bound` is in operations per second, `ratio` is opsPerSecond / bound. */
export interface Measurement {
  readonly name: string;
  readonly backend: BackendName;
  readonly opsPerSecond: number;
  readonly bound: number | null;
  readonly ratio: number | null;
  /** Printed below the table, not written to the file. */
  readonly note?: string;
}
