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

const fromText = (setting: Setting, text: string, name = setting.env): unknown => {
  switch (setting.kind) {
    case 'number':
      return text.trim() === '' ? Number.NaN : Number(text);
    case 'boolean':
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      if (/^(0|false|no|off)$/i.test(text)) return false;
      throw new ConfigError(`${name} must be true or false, not "${text}".`);
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'json':
      try {
        return JSON.parse(text);
      } catch (cause) {
        throw new ConfigError(`${name} must be JSON: ${reasonOf(cause)}.`, { cause });
      }
    case 'text':
      return text;
  }
};

const leafTree = (setting: Setting, value: unknown): Tree => {
  const tree = setting.path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return isTree(tree) ? tree : {};
};

/** Settings given as `path=value`, e.g. `listen.path=/ws`. */
const assignedTree = (assignments: readonly string[]): Tree =>
  assignments.reduce<Tree>((tree, assignment) => {
    const at = assignment.indexOf('=');
    const name = assignment.slice(0, Math.max(0, at)).trim();
    const setting = settings.find(({ path }) => path.join('.') === name);
    if (setting === undefined) {
      throw new ConfigError(
        `"${assignment}" sets nothing: write --set <setting>=<value>, e.g. listen.path=/ws.`,
      );
    }
    return merge(tree, leafTree(setting, fromText(setting, assignment.slice(at + 1), name)));
  }, {});

const environmentTree = (env: Readonly<Record<string, string | undefined>>): Tree => {
  let tree: Tree = {};
  for (const setting of settings) {
    const name = [setting.env, ...setting.envAliases].find((one) => env[one] !== undefined);
    const text = name === undefined ? undefined : env[name];
    if (text === undefined) continue;
    tree = merge(tree, leafTree(setting, fromText(setting, text, name)));
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

/** Where settings come from; later sources win: `defaults`, file, environment, `overrides` (flags or code), `assignments`. */
export interface ConfigSources {
  /** Instead of the defaults of the schema. */
  readonly defaults?: GatewayConfigInput;
  readonly file?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly overrides?: GatewayConfigInput;
  /** `path=value` texts, e.g. `limits.rpcRate=50`. */
  readonly assignments?: readonly string[];
}

/**
 * Reads and checks all settings.
 * @throws ConfigError naming the first wrong setting
 */
export const loadConfig = (sources: ConfigSources = {}): GatewayConfig => {
  const fromFile = sources.file === undefined ? {} : readFile(sources.file);
  const base = merge({ ...sources.defaults }, fromFile);
  const given = merge(merge(base, environmentTree(sources.env ?? {})), { ...sources.overrides });
  const tree = merge(given, assignedTree(sources.assignments ?? []));
  const parsed = gatewayConfigSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  throw new ConfigError(`Wrong configuration: ${first === undefined ? 'unknown reason' : describe(first)}.`);
};
