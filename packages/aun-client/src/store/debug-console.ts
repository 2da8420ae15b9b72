import type { Logger } from 'aun-core';
import { consoleLogger } from './console-logger.js';
import { redactFields, redactText } from './redact.js';

const redacting =
  (level: keyof Logger): Logger[keyof Logger] =>
  (message, fields = {}) =>
    consoleLogger[level](redactText(message), redactFields(fields));

/** Everything to the console, without keys, tokens and payloads (07 §10). */
export const debugConsole: Logger = {
  debug: redacting('debug'),
  info: redacting('info'),
  warn: redacting('warn'),
  error: redacting('error'),
};
