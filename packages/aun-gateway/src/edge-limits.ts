import type { GatewayConfig } from './config/schema.js';
import type { EdgeLimits } from './ports.js';

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The configured limits without the ones left out: those keep their built-in values. */
export const configuredLimits = (limits: GatewayConfig['limits']): Partial<EdgeLimits> => {
  const given: Given<GatewayConfig['limits']> = Object.fromEntries(
    Object.entries(limits).filter(([, value]) => value !== undefined),
  );
  return given;
};
