import { type ChildProcess, spawn } from 'node:child_process';
import type { Scope } from './scope.js';
import { until, within } from './until.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is closed afterwards. Default: no standard input. */
  readonly input?: string;
}

/** A Node program in a process of its own, with what it prints. Killed at the end of the scope if it is still there. */
export class Program {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(scope: Scope, args: readonly string[], options: ProgramOptions = {}) {
    const { cwd, env, input } = options;
    this.#child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
    // A program that refuses its arguments never reads what it is given.
    this.#child.stdin?.on('error', () => undefined).end(input);
    scope.defer(() => this.kill());
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  ended(deadlineMs = 60_000): Promise<Ended> {
    return within('the end of the program', this.#ended, deadlineMs);
  }

  /** Waits for a text on standard output. */
  async says(text: string): Promise<void> {
    await until(`"${text}" in the output`, () => this.hasEnded || this.stdout.includes(text));
    if (!this.stdout.includes(text))
      throw new Error(`ended without "${text}":\n${this.stdout}${this.stderr}`);
  }

  /** SIGKILL by default: nothing in the program gets to run any more. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ended> {
    if (!this.hasEnded) this.#child.kill(signal);
    return this.ended();
  }
}

/** Runs a program to its end. */
export const run = (scope: Scope, args: readonly string[], options?: ProgramOptions): Promise<Ended> =>
  new Program(scope, args, options).ended();
