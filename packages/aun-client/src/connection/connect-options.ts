import { isSlotId, type JsonObject, ValidationError } from 'aun-core';
import { heartbeatSeconds } from 'aun-transport';
import { type BothSpellings, snakeCase, snakeKeys } from './spellings.js';

export type DeliveryMode = {
  readonly mode: 'fanout' | 'queue';
  readonly routing: '' | 'round_robin' | 'sender_affinity';
  readonly affinity_ttl_ms: number;
};

type SnakeOptions = {
  auto_reconnect?: boolean;
  connect_timeout?: number;
  call_timeout?: number;
  http_timeout?: number;
  /** Older form; the flat keys win. */
  timeouts?: { connect?: number; call?: number; http?: number };
  retry_initial_delay?: number;
  retry_max_delay?: number;
  retry_max_attempts?: number;
  /** Older form; the flat keys win. */
  retry?: BothSpellings<{ initial_delay?: number; max_delay?: number; max_attempts?: number }>;
  heartbeat_interval?: number;
  token_refresh_before?: number;
  connection_kind?: 'long' | 'short';
  short_ttl_ms?: number;
  slot_id?: string;
  delivery_mode?: string | BothSpellings<Partial<DeliveryMode>>;
  extra_info?: JsonObject;
  background_sync?: boolean;
  /** Makes every `message.send` durable (ours). */
  durable?: boolean;
  topology?: string;
};

/** Options of `connect()` as an application writes them; every key is also accepted in camelCase (07 §6.3). */
export type ConnectionOptions = BothSpellings<SnakeOptions>;

/** The same, checked and complete. Durations in milliseconds unless the name says otherwise. */
export type ConnectionSettings = {
  readonly kind: 'long' | 'short';
  readonly autoReconnect: boolean;
  readonly backgroundSync: boolean;
  readonly durable: boolean;
  readonly connectTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly httpTimeoutMs: number;
  readonly retryInitialDelayMs: number;
  readonly retryMaxDelayMs: number;
  readonly retryMaxAttempts: number;
  readonly heartbeatIntervalS: number;
  readonly tokenRefreshBeforeS: number;
  readonly shortTtlMs: number;
  readonly slotId: string | null;
  readonly deliveryMode: DeliveryMode;
  readonly extraInfo: JsonObject;
};

const KNOWN: ReadonlySet<string> = new Set([
  'auto_reconnect',
  'connect_timeout',
  'call_timeout',
  'http_timeout',
  'timeouts',
  'retry_initial_delay',
  'retry_max_delay',
  'retry_max_attempts',
  'retry',
  'heartbeat_interval',
  'token_refresh_before',
  'connection_kind',
  'short_ttl_ms',
  'slot_id',
  'delivery_mode',
  'extra_info',
  'background_sync',
  'durable',
  'topology',
]);

/** Members of the options that are objects; those of `extra_info` are free. */
const KNOWN_WITHIN: Readonly<Record<string, ReadonlySet<string>>> = {
  timeouts: new Set(['connect', 'call', 'http']),
  retry: new Set(['initial_delay', 'max_delay', 'max_attempts']),
  delivery_mode: new Set(['mode', 'routing', 'affinity_ttl_ms']),
};

type Bag = Record<string, unknown>;

const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fail = (field: string, rule: string): never => {
  throw new ValidationError(`connect option ${field} ${rule}`, { data: { field } });
};

const seconds = (bag: Bag, field: string, nested: unknown, fallback: number): number => {
  const value = bag[field] ?? nested ?? fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    return fail(field, 'must be a number of seconds >= 0');
  }
  return value;
};

const flag = (bag: Bag, field: string, fallback: boolean): boolean => {
  const value = bag[field] ?? fallback;
  return typeof value === 'boolean' ? value : fail(field, 'must be true or false');
};

const count = (bag: Bag, field: string, nested: unknown, fallback: number): number => {
  const value = bag[field] ?? nested ?? fallback;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : fail(field, 'must be an integer >= 0');
};

const nestedBag = (bag: Bag, field: string): Bag => {
  const value = bag[field] ?? {};
  return isBag(value) ? snakeKeys(value) : fail(field, 'must be an object');
};

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

const deliveryMode = (value: unknown): DeliveryMode => {
  const bag = isBag(value) ? snakeKeys(value) : { mode: value };
  const mode = bag.mode ?? 'fanout';
  const routing = bag.routing ?? '';
  const affinity_ttl_ms = bag.affinity_ttl_ms ?? 0;
  if (mode !== 'fanout' && mode !== 'queue') return fail('delivery_mode', 'must be fanout or queue');
  if (routing !== '' && routing !== 'round_robin' && routing !== 'sender_affinity') {
    return fail('delivery_mode.routing', 'must be round_robin or sender_affinity');
  }
  if (typeof affinity_ttl_ms !== 'number' || !Number.isSafeInteger(affinity_ttl_ms) || affinity_ttl_ms < 0) {
    return fail('delivery_mode.affinity_ttl_ms', 'must be an integer >= 0');
  }
  return { mode, routing, affinity_ttl_ms };
};

const extraInfo = (value: unknown): JsonObject => {
  if (value === undefined || value === null) return {};
  return isBag(value) ? (value as JsonObject) : fail('extra_info', 'must be an object');
};

const kindOf = (value: unknown): 'long' | 'short' => {
  if (value === undefined || value === null || value === 'long') return 'long';
  return value === 'short' ? 'short' : fail('connection_kind', "must be 'long' or 'short'");
};

const checkTopology = (value: unknown): void => {
  if (value === undefined || value === null || value === 'gateway') return;
  fail(
    'topology',
    value === 'peer' || value === 'relay' ? `'${value}' is not implemented` : "must be 'gateway'",
  );
};

const slotId = (value: unknown): string | null => {
  if (value === undefined || value === null || value === '') return null;
  return isSlotId(value)
    ? value
    : fail('slot_id', 'must be 1 to 128 of [A-Za-z0-9._/ :-] and not begin with a separator');
};

/** As they were written, those inside an option as `option.key`. */
const unknownKeys = (options: Bag): string[] =>
  Object.entries(options).flatMap(([key, value]) => {
    if (!KNOWN.has(snakeCase(key))) return [key];
    const known = KNOWN_WITHIN[snakeCase(key)];
    if (known === undefined || !isBag(value)) return [];
    return Object.keys(value).flatMap((name) => (known.has(snakeCase(name)) ? [] : [`${key}.${name}`]));
  });

/**
 * Checks and completes the options of `connect()` (07 §6.3).
 * @throws {ValidationError} naming the offending field
 */
export const parseConnectOptions = (options: unknown = {}): ConnectionSettings => {
  if (!isBag(options)) throw new ValidationError('connect options must be an object');
  const bag = snakeKeys(options);
  const unknown = unknownKeys(options);
  if (unknown.length > 0) {
    throw new ValidationError(`connect options contain unsupported field(s): ${unknown.sort().join(', ')}`);
  }
  checkTopology(bag.topology);
  const kind = kindOf(bag.connection_kind);
  const long = kind === 'long';
  const timeouts = nestedBag(bag, 'timeouts');
  const retry = nestedBag(bag, 'retry');
  const heartbeat = heartbeatSeconds(seconds(bag, 'heartbeat_interval', undefined, 30));
  const shortTtlMs = count(bag, 'short_ttl_ms', undefined, 0);
  const retrySeconds = (field: string, nested: unknown, fallback: number): number =>
    clamp(seconds(bag, field, nested, fallback), 1, 64) * 1_000;
  return {
    kind,
    autoReconnect: flag(bag, 'auto_reconnect', long),
    backgroundSync: flag(bag, 'background_sync', long),
    durable: flag(bag, 'durable', false),
    connectTimeoutMs: seconds(bag, 'connect_timeout', timeouts.connect, 5) * 1_000,
    callTimeoutMs: seconds(bag, 'call_timeout', timeouts.call, 35) * 1_000,
    httpTimeoutMs: seconds(bag, 'http_timeout', timeouts.http, 30) * 1_000,
    retryInitialDelayMs: retrySeconds('retry_initial_delay', retry.initial_delay, 1),
    retryMaxDelayMs: retrySeconds('retry_max_delay', retry.max_delay, 64),
    retryMaxAttempts: count(bag, 'retry_max_attempts', retry.max_attempts, 0),
    heartbeatIntervalS: long ? heartbeat : 0,
    tokenRefreshBeforeS: seconds(bag, 'token_refresh_before', undefined, 1_800),
    shortTtlMs: long ? 0 : shortTtlMs,
    slotId: slotId(bag.slot_id),
    deliveryMode: deliveryMode(bag.delivery_mode),
    extraInfo: extraInfo(bag.extra_info),
  };
};
