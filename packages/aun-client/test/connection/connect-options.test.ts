import { ValidationError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { parseConnectOptions } from '../../src/connection/connect-options.js';

describe('connect options', () => {
  it('have the defaults of 07 §6.3', () => {
    expect(parseConnectOptions()).toEqual({
      kind: 'long',
      autoReconnect: true,
      backgroundSync: true,
      durable: false,
      connectTimeoutMs: 5_000,
      callTimeoutMs: 35_000,
      httpTimeoutMs: 30_000,
      retryInitialDelayMs: 1_000,
      retryMaxDelayMs: 64_000,
      retryMaxAttempts: 0,
      heartbeatIntervalS: 30,
      tokenRefreshBeforeS: 1_800,
      shortTtlMs: 0,
      slotId: null,
      deliveryMode: { mode: 'fanout', routing: '', affinity_ttl_ms: 0 },
      extraInfo: {},
    });
  });

  it('make a short connection quiet', () => {
    const short = parseConnectOptions({
      connection_kind: 'short',
      short_ttl_ms: 2_000,
      heartbeat_interval: 30,
    });
    expect(short).toMatchObject({
      kind: 'short',
      autoReconnect: false,
      backgroundSync: false,
      shortTtlMs: 2_000,
    });
    expect(short.heartbeatIntervalS).toBe(0);
  });

  it('take both spellings, snake_case winning', () => {
    expect(parseConnectOptions({ callTimeout: 3 }).callTimeoutMs).toBe(3_000);
    expect(parseConnectOptions({ callTimeout: 3, call_timeout: 4 }).callTimeoutMs).toBe(4_000);
  });

  it('take nested forms, flat keys winning', () => {
    expect(parseConnectOptions({ retry: { initial_delay: 2, max_delay: 8, max_attempts: 3 } })).toMatchObject(
      {
        retryInitialDelayMs: 2_000,
        retryMaxDelayMs: 8_000,
        retryMaxAttempts: 3,
      },
    );
    expect(parseConnectOptions({ timeouts: { call: 9 }, call_timeout: 2 }).callTimeoutMs).toBe(2_000);
  });

  it('clamp delays to 1…64 s and heartbeats to 10…600 s', () => {
    expect(parseConnectOptions({ retry_initial_delay: 0.1, retry_max_delay: 900 })).toMatchObject({
      retryInitialDelayMs: 1_000,
      retryMaxDelayMs: 64_000,
    });
    expect(parseConnectOptions({ heartbeat_interval: 3 }).heartbeatIntervalS).toBe(10);
    expect(parseConnectOptions({ heartbeat_interval: 0 }).heartbeatIntervalS).toBe(0);
  });

  it('take both spellings inside delivery_mode too', () => {
    const deliveryMode = { mode: 'queue' as const, routing: 'sender_affinity' as const, affinityTtlMs: 9 };
    expect(parseConnectOptions({ deliveryMode }).deliveryMode).toEqual({
      mode: 'queue',
      routing: 'sender_affinity',
      affinity_ttl_ms: 9,
    });
  });

  it('take null for "not given", whatever the option', () => {
    const names = 'auto_reconnect connect_timeout call_timeout http_timeout timeouts retry_initial_delay';
    const more = 'retry_max_delay retry_max_attempts retry heartbeat_interval token_refresh_before';
    const rest = 'connection_kind short_ttl_ms slot_id delivery_mode extra_info background_sync topology';
    const nulls = Object.fromEntries(`${names} ${more} ${rest}`.split(' ').map((name) => [name, null]));
    expect(parseConnectOptions(nulls)).toEqual(parseConnectOptions());
  });

  it('name unknown keys as they were written', () => {
    expect(() => parseConnectOptions({ callTimeOut: 1 })).toThrow(/unsupported field\(s\): callTimeOut$/);
  });

  it('name all unknown keys, sorted', () => {
    expect(() => parseConnectOptions({ zeta: 1, alpha: 2 })).toThrow(
      'connect options contain unsupported field(s): alpha, zeta',
    );
  });

  it.each([
    [{ connection_kind: 'medium' }, 'connection_kind'],
    [{ slot_id: '/invalid' }, 'slot_id'],
    [{ call_timeout: -1 }, 'call_timeout'],
    [{ retry_max_attempts: 1.5 }, 'retry_max_attempts'],
    [{ auto_reconnect: 'yes' }, 'auto_reconnect'],
    [{ delivery_mode: 'broadcast' }, 'delivery_mode'],
    [{ topology: 'peer' }, 'not implemented'],
    [{ extra_info: 'x' }, 'extra_info'],
    [{ heartbeat_interval: 'x' }, 'heartbeat_interval'],
    [{ heartbeat_interval: -1 }, 'heartbeat_interval'],
    [{ heartbeat_interval: Number.NaN }, 'heartbeat_interval'],
    [{ connection_kind: 'short', heartbeat_interval: 'x' }, 'heartbeat_interval'],
    [{ short_ttl_ms: 'x' }, 'short_ttl_ms'],
    [{ retry: { delay: 1 } }, 'unsupported field(s): retry.delay'],
    [{ timeouts: { connect: 1, read: 1 } }, 'unsupported field(s): timeouts.read'],
    [{ delivery_mode: { mode: 'queue', ttl: 1 } }, 'unsupported field(s): delivery_mode.ttl'],
    [{ zeta: 1, retry: { delay: 1 } }, 'unsupported field(s): retry.delay, zeta'],
  ])('refuse %j', (options, field) => {
    expect(() => parseConnectOptions(options)).toThrow(ValidationError);
    expect(() => parseConnectOptions(options)).toThrow(field);
  });
});
