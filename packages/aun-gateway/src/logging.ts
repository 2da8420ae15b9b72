import type { Logger } from 'aun-core';
import { type DestinationStream, pino, stdSerializers } from 'pino';
import pretty from 'pino-pretty';
import type { GatewayConfig } from './config/schema.js';

/** Our logger face over pino: message first, fields second. */
const wrap = (log: pino.Logger): Logger => ({
  debug: (message, fields) => log.debug(fields ?? {}, message),
  info: (message, fields) => log.info(fields ?? {}, message),
  warn: (message, fields) => log.warn(fields ?? {}, message),
  error: (message, fields) => log.error(fields ?? {}, message),
});

export interface GatewayLogs {
  readonly main: Logger;
  /** Outcomes of registrations, logins, renewals: the same stream, marked `"audit":true`. */
  readonly audit: Logger;
}

const destination = (options: GatewayConfig['log']): DestinationStream | undefined =>
  options.pretty ? pretty({ colorize: process.stderr.isTTY, destination: 2, sync: true }) : undefined;

/** Structured logs on standard error. */
export const createLogs = (options: GatewayConfig['log']): GatewayLogs => {
  const settings = {
    name: 'aun-gateway',
    level: options.level,
    serializers: { error: stdSerializers.err },
    redact: ['token', 'access_token', 'refresh_token', 'passphrase'],
  };
  const root = pino(settings, destination(options) ?? pino.destination({ dest: 2, sync: true }));
  return { main: wrap(root), audit: wrap(root.child({ audit: true })) };
};
