import type { LogFields, Logger } from 'aun-core';

const line =
  (write: (text: string, fields: LogFields) => void) =>
  (message: string, fields: LogFields = {}): void =>
    write(`[aun] ${message}`, fields);

/** The logger of `debug: true`. */
export const consoleLogger: Logger = {
  debug: line((text, fields) => console.debug(text, fields)),
  info: line((text, fields) => console.info(text, fields)),
  warn: line((text, fields) => console.warn(text, fields)),
  error: line((text, fields) => console.error(text, fields)),
};
