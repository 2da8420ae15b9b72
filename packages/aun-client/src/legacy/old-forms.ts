import { deprecated } from './deprecation.js';

const isAuthResult = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'access_token' in value && 'gateway' in value;

/**
 * The options of `connect()`: the 0.3 SDKs passed the result of `authenticate()` first, which is ignored now (07 §6.3).
 */
export const optionsOfConnect = (first: unknown, second: unknown): unknown => {
  if (!isAuthResult(first)) return first;
  deprecated('client.connect(authResult, options)', 'client.connect(options)');
  return second;
};

/** `connection.state` carries the state names of the 0.3 SDKs (07 §9, §13). */
export const noteOldEvent = (event: string): void => {
  if (event === 'connection.state') deprecated("event 'connection.state'", "'state_change'");
};
