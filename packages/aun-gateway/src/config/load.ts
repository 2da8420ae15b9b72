import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { type GatewayConfig, type GatewayConfigInput, gatewayConfigSchema } from './schema.js';
import { type Setting, settings } from './settings.js';

/** A setting is wrong; the message is one sentence that names it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const merge = (base: Tree, over: Tree): Tree => {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const before = merged[key];
    merged[key] = isTree(before) && isTree(value) ? merge(before, value) : value;
  }
  return merged;
};

const fromText = (setting: Setting, text: string): unknown => {
  switch (setting.kind) {
    case 'number':
      return text.trim() === '' ? Number.NaN : Number(text);
    case 'boolean':
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      if (/^(0|false|no|off)$/i.test(text)) return false;
      throw new ConfigError(`${setting.env} must be true or false, not "${text}".`);
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'text':
      return text;
  }
};

const environmentTree = (env: Readonly<Record<string, string | undefined>>): Tree => {
  let tree: Tree = {};
  for (const setting of settings) {
    const text = env[setting.env];
    if (text === undefined) continue;
    const leaf = setting.path.reduceRight<unknown>(
      (inner, key) => ({ [key]: inner }),
      fromText(setting, text),
    );
    if (isTree(leaf)) tree = merge(tree, leaf);
  }
  return tree;
};

const describe = (issue: z.core.$ZodIssue): string => {
  const where = issue.path.map(String).join('.');
  return where === '' ? issue.message : `setting "${where}": ${issue.message}`;
};

const readFile = (file: string): Tree => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`Cannot read the configuration file ${file}: ${reasonOf(cause)}.`, { cause });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isTree(value)) return value;
  } catch (cause) {
    throw new ConfigError(`The configuration file ${file} is not valid JSON: ${reasonOf(cause)}.`, { cause });
  }
  throw new ConfigError(`The configuration file ${file} must hold a JSON object.`);
};

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Where settings come from; later sources win: file, environment, `overrides` (flags or code). */
export interface ConfigSources {
  readonly file?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly overrides?: GatewayConfigInput;
}

/**
 * Reads and checks all settings.
 * @throws ConfigError naming the first wrong setting
 */
export const loadConfig = (sources: ConfigSources = {}): GatewayConfig => {
  const fromFile = sources.file === undefined ? {} : readFile(sources.file);
  const tree = merge(merge(fromFile, environmentTree(sources.env ?? {})), { ...sources.overrides });
  const parsed = gatewayConfigSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  throw new ConfigError(`Wrong configuration: ${first === undefined ? 'unknown reason' : describe(first)}.`);
};
