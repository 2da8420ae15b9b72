import type { LogFields, Logger } from 'aun-core';

/** Security-relevant outcomes, one structured line each; never keys, tokens or nonces. */
export interface AuditLog {
  record(event: string, outcome: 'ok' | 'refused', fields: LogFields): void;
}

export const createAuditLog = (log: Logger): AuditLog => ({
  record(event, outcome, fields) {
    if (outcome === 'ok') log.info(event, { outcome, ...fields });
    else log.warn(event, { outcome, ...fields });
  },
});
