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

export interface AreaSetup {
  /** The cheapest platform call for each primitive. */
  readonly primitives: Readonly<Record<string, Work>>;
  readonly rows: readonly Row[];
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
}
