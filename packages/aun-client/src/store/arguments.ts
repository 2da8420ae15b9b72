import { type ChangeSeedOptions, ValidationError } from 'aun-core';
import type { FetchAgentMdOpts, ResolveOpts } from './types.js';

/** Arguments of a wrong type are errors of the program, not results (07 R2); an AID that is none is a result. */
const fail = (field: string, rule: string): never => {
  throw new ValidationError(`${field} ${rule}`, { data: { field } });
};

const bag = <T extends object>(value: T | null | undefined, field: string): Partial<T> => {
  if (value === undefined || value === null) return {};
  return typeof value === 'object' && !Array.isArray(value) ? value : fail(field, 'must be an object');
};

const checkFlag = (value: unknown, field: string): void => {
  if (value !== undefined && value !== null && typeof value !== 'boolean')
    fail(field, 'must be true or false');
};

const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < Infinity;

const timeout = (value: unknown): { timeout?: number } => {
  if (value === undefined || value === null) return {};
  return isAmount(value) ? { timeout: value as number } : fail('timeout', 'must be a number of milliseconds');
};

/** @throws {ValidationError} */
export const checkResolveOptions = (options: ResolveOpts | null | undefined): ResolveOpts => {
  const { forceRefresh, skipAgentMd, timeout: limit } = bag(options, 'options');
  checkFlag(forceRefresh, 'forceRefresh');
  checkFlag(skipAgentMd, 'skipAgentMd');
  return { forceRefresh: forceRefresh === true, skipAgentMd: skipAgentMd === true, ...timeout(limit) };
};

/** @throws {ValidationError} */
export const checkFetchOptions = (
  options: number | FetchAgentMdOpts | null | undefined,
): FetchAgentMdOpts => {
  if (typeof options === 'number') return timeout(options);
  const { requireVerified, timeout: limit } = bag(options, 'options');
  checkFlag(requireVerified, 'requireVerified');
  return { requireVerified: requireVerified === true, ...timeout(limit) };
};

/** Null counts as not given. @throws {ValidationError} */
export const checkTtlDays = (value: number | null | undefined): number | undefined => {
  if (value === undefined || value === null) return undefined;
  return isAmount(value) ? value : fail('ttlDays', 'must be a number of days');
};

/** Null counts as not given. @throws {ValidationError} */
export const checkCardText = (value: string | null | undefined): string | undefined => {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : fail('content', 'must be text');
};

/** @throws {ValidationError} */
export const checkSeeds = (oldSeed: unknown, newSeed: unknown, options?: ChangeSeedOptions | null): void => {
  if (typeof oldSeed !== 'string') fail('oldSeed', 'must be text');
  if (typeof newSeed !== 'string') fail('newSeed', 'must be text');
  const { allowEmpty, purgeBackups } = bag(options, 'options');
  checkFlag(allowEmpty, 'allowEmpty');
  checkFlag(purgeBackups, 'purgeBackups');
};
