import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, LogFields, Logger } from 'aun-core';
import { redactFields, redactText } from '../store/redact.js';

const KEPT_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1_000;
const FILE = /^ts-sdk-(\d{4}-\d{2}-\d{2})\.log$/;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** `{folder}/ts-sdk-YYYY-MM-DD.log`, one file a day (UTC), seven days kept, no secrets (07 §10). */
export class LogFile implements Logger {
  readonly #folder: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #lowest: number;
  #day = '';
  #broken = false;

  constructor(folder: string, clock: Pick<Clock, 'now'>, level: LogLevel = 'debug') {
    this.#folder = folder;
    this.#clock = clock;
    this.#lowest = LOG_LEVELS.indexOf(level);
  }

  debug = (message: string, fields?: LogFields): void => this.#write('debug', message, fields);
  info = (message: string, fields?: LogFields): void => this.#write('info', message, fields);
  warn = (message: string, fields?: LogFields): void => this.#write('warn', message, fields);
  error = (message: string, fields?: LogFields): void => this.#write('error', message, fields);

  #write(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (this.#broken || LOG_LEVELS.indexOf(level) < this.#lowest) return;
    const now = this.#clock.now();
    const line = `${new Date(now).toISOString()} ${level} ${redactText(message)} ${JSON.stringify(redactFields(fields))}\n`;
    try {
      const day = dayOf(now);
      if (day !== this.#day) this.#open(day, now);
      appendFileSync(join(this.#folder, `ts-sdk-${day}.log`), line, { mode: 0o600 });
    } catch (error) {
      // A log that cannot be written must not stop the program; saying it once is enough.
      this.#broken = true;
      console.warn(`[aun] no log file in ${this.#folder}: ${String(error)}`);
    }
  }

  #open(day: string, now: number): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const oldest = dayOf(now - (KEPT_DAYS - 1) * DAY_MS);
    for (const name of readdirSync(this.#folder)) {
      const date = FILE.exec(name)?.[1];
      if (date !== undefined && date < oldest) rmSync(join(this.#folder, name), { force: true });
    }
    this.#day = day;
  }
}
