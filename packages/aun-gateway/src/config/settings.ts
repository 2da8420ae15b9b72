import { z } from 'zod';
import { defaultEdgeLimits } from '../default-edge-limits.js';
import { gatewayConfigSchema } from './schema.js';

/** One setting as the configuration file, the environment and the README name it. */
export interface Setting {
  /** Path in the configuration file. */
  readonly path: readonly string[];
  readonly env: string;
  /** Names under which existing deployments and test stacks set it; `env` wins. */
  readonly envAliases: readonly string[];
  readonly kind: 'number' | 'boolean' | 'list' | 'json' | 'text';
  readonly description: string;
  readonly defaultText: string;
}

const upperSnake = (segment: string): string =>
  segment.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

const envAliases: Readonly<Record<string, readonly string[]>> = {
  'limits.traceMaxMode': ['AUN_TRACE_MAX_MODE'],
  'limits.longSlotsPerDevice': ['GATEWAY_LONG_SLOTS_PER_AID_DEVICE'],
  'limits.longDevicesPerAid': ['GATEWAY_LONG_DEVICES_PER_AID'],
};

/** Settings that the schema leaves out when nobody sets them. */
const builtIn: ReadonlyMap<string, unknown> = new Map(
  Object.entries(defaultEdgeLimits).map(([name, value]) => [`limits.${name}`, value]),
);

const unwrap = (schema: z.core.$ZodType): { inner: z.core.$ZodType; fallback: unknown } => {
  let inner = schema;
  let fallback: unknown;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    if (inner instanceof z.ZodDefault) fallback = inner.def.defaultValue;
    inner = inner.def.innerType;
  }
  return { inner, fallback };
};

const kindOf = (schema: z.core.$ZodType): Setting['kind'] => {
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (schema instanceof z.ZodRecord) return 'json';
  return schema instanceof z.ZodArray ? 'list' : 'text';
};

const walk = (schema: z.core.$ZodType, path: readonly string[]): Setting[] => {
  const { inner, fallback = builtIn.get(path.join('.')) } = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    const shape: Record<string, z.core.$ZodType> = inner.shape;
    return Object.entries(shape).flatMap(([key, child]) => walk(child, [...path, key]));
  }
  const described = schema instanceof z.ZodType ? schema.description : undefined;
  return [
    {
      path,
      env: `AUN_GATEWAY_${path.map(upperSnake).join('_')}`,
      envAliases: envAliases[path.join('.')] ?? [],
      kind: kindOf(inner),
      description: described ?? '',
      defaultText: fallback === undefined ? '' : JSON.stringify(fallback),
    },
  ];
};

/** All settings in the order of the schema; the README table and the environment reader use it. */
export const settings: readonly Setting[] = walk(gatewayConfigSchema, []);
