import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type LogFields, type Logger, noopLogger } from 'aun-core';
import { consoleLogger } from '../store/console-logger.js';
import { redactFields, redactText } from '../store/redact.js';
import { LOG_LEVELS, LogFile, type LogLevel } from './log-file.js';

type LogSettings = { readonly debug: boolean; readonly level: LogLevel };

/** `~/.aun/log.ini`: `debug` and `level` win over what the program says (07 §10). */
export const readLogSettings = (text: string, fallback: boolean): LogSettings => {
  const wanted = { debug: fallback, level: 'debug' as LogLevel };
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^\s*(debug|level)\s*=\s*(\w+)\s*$/i.exec(line) ?? [];
    if (name?.toLowerCase() === 'debug') wanted.debug = /^(1|true|yes|on)$/i.test(value ?? '');
    const level = LOG_LEVELS.find((known) => known === value?.toLowerCase());
    if (name?.toLowerCase() === 'level' && level !== undefined) wanted.level = level;
  }
  return wanted;
};

const logIni = (): string => {
  try {
    return readFileSync(join(homedir(), '.aun', 'log.ini'), 'utf8');
  } catch {
    // Nothing is overridden.
    return '';
  }
};

/** Console and a file per day when debugging, else nothing. */
export const debugLogger = (aunPath: string, debug: boolean, clock: Clock, ini = logIni()): Logger => {
  const settings = readLogSettings(ini, debug);
  if (!settings.debug) return noopLogger;
  const file = new LogFile(join(aunPath, 'logs'), clock, settings.level);
  const lowest = LOG_LEVELS.indexOf(settings.level);
  const both =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(level) >= lowest)
        consoleLogger[level](redactText(message), redactFields(fields));
      file[level](message, fields);
    };
  return { debug: both('debug'), info: both('info'), warn: both('warn'), error: both('error') };
};
