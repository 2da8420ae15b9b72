import { DEFAULT_SKEW_SECONDS, type ValidityOptions } from '../chain/validity.js';

export interface UpdatePeriod {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
}

/** Why a status document cannot be used now, or `undefined`. Without nextUpdate it never goes stale. */
export function checkCurrent(period: UpdatePeriod, options: ValidityOptions): string | undefined {
  const now = Number(options.now);
  const skew = (options.skewSeconds ?? DEFAULT_SKEW_SECONDS) * 1000;
  if (now + skew < period.thisUpdate.getTime())
    return `is dated in the future: ${period.thisUpdate.toISOString()}`;
  if (period.nextUpdate !== undefined && now - skew > period.nextUpdate.getTime()) {
    return `should have been replaced at ${period.nextUpdate.toISOString()}`;
  }
  return undefined;
}
