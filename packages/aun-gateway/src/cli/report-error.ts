import { CustodyError } from '../ca/custody/custody-error.js';
import { ConfigError } from '../config/load.js';
import { DataFolderError } from '../data-folder.js';
import { ListenError } from '../http/listen-error.js';
import { CliError } from './cli-error.js';

const forOperators = [CliError, ConfigError, CustodyError, DataFolderError, ListenError];

const isForOperators = (error: unknown): error is Error => forOperators.some((type) => error instanceof type);

/** One sentence for the terminal; the stack only with `--debug`. */
export const errorText = (error: unknown, debug: boolean): string => {
  if (debug && error instanceof Error) return error.stack ?? error.message;
  if (isForOperators(error)) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return `Unexpected error: ${message} (run again with --debug for details)`;
};
