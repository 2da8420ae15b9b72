/** Structured values beside a log line. Never keys, tokens or payloads. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const nothing = () => {};

export const noopLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
