import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the folders are made: one that the parent removes even when a worker crashed. */
export const FOLDER_VARIABLE = 'AUN_BENCH_FOLDER';

/** Processes and folders of one area. They are gone after `end`, and whenever this process exits. */
export class Scope {
  readonly #children = new Set<ChildProcess>();
  readonly #folders = new Set<string>();
  readonly #onExit = (): void => this.#endNow();

  folder(): string {
    this.#watch();
    const folder = mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? tmpdir(), 'aun-bench-'));
    this.#folders.add(folder);
    return folder;
  }

  /** Takes over a child process. */
  adopt(child: ChildProcess): void {
    this.#watch();
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
  }

  async end(): Promise<void> {
    const ended = [...this.#children].map((child) => once(child, 'exit'));
    this.#endNow();
    await Promise.all(ended);
    process.off('exit', this.#onExit);
  }

  #watch(): void {
    process.off('exit', this.#onExit).once('exit', this.#onExit);
  }

  #endNow(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    this.#folders.clear();
  }
}
