import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../src/config/load.js';
import { settings } from '../src/config/settings.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('settings', () => {
  it('are all in the table of the README, once', () => {
    const section = readme.split(/^## /m).find((text) => text.startsWith('Settings')) ?? '';
    const documented = section.match(/^\| `[^`]+`/gm)?.map((cell) => cell.slice(3, -1));
    expect(documented).toEqual(settings.map(({ path }) => path.join('.')));
  });

  it('have in that table the default and the description of the schema', () => {
    for (const { path, defaultText, description } of settings) {
      const value = defaultText === '' ? '' : `\`${defaultText}\``;
      expect(readme).toContain(`| \`${path.join('.')}\` | ${value} | ${description} |\n`);
    }
  });

  it('win over the profile of a command, wherever they are given', () => {
    const defaults = { rateLimits: { scale: 100 }, log: { level: 'warn' } } as const;
    const config = loadConfig({ defaults, env: { AUN_GATEWAY_RATE_LIMITS_SCALE: '0' } });
    expect(config.rateLimits.scale).toBe(0);
    expect(config.log.level).toBe('warn');
  });

  it('can all be given as a flag by their path', () => {
    const config = loadConfig({
      env: { AUN_GATEWAY_LISTEN_PATH: '/' },
      overrides: { limits: { rpcRate: 1 } },
      assignments: [
        'listen.path=/ws',
        'limits.rpcRate=50',
        'listen.moreHosts=127.0.0.2, ::1',
        'log.pretty=on',
      ],
    });
    expect(config.listen).toMatchObject({ path: '/ws', moreHosts: ['127.0.0.2', '::1'] });
    expect(config.limits.rpcRate).toBe(50);
    expect(config.log.pretty).toBe(true);
    for (const wrong of ['listen.path', 'listen=1', 'colour=red', '=', 'log.pretty=maybe', 'listen.port=x']) {
      expect(() => loadConfig({ assignments: [wrong] })).toThrow(ConfigError);
    }
  });

  it('are all described', () => {
    expect(settings.filter(({ description }) => description === '').map(({ env }) => env)).toEqual([]);
  });

  it('come from the environment under their own names', () => {
    const config = loadConfig({
      env: {
        AUN_GATEWAY_ISSUERS: 'A.Example, b.example',
        AUN_GATEWAY_LISTEN_PORT: '0',
        AUN_GATEWAY_LISTEN_TRUST_PROXY: 'true',
        AUN_GATEWAY_TOKENS_ACCESS_TOKEN_TTL: '60',
        AUN_GATEWAY_RATE_LIMITS_SCALE: '0.5',
      },
    });
    expect(config.issuers).toEqual(['a.example', 'b.example']);
    expect(config.listen).toMatchObject({ port: 0, trustProxy: true });
    expect(config.tokens.accessTokenTtl).toBe(60);
    expect(config.rateLimits.scale).toBe(0.5);
  });

  it('come from the names of public test stacks too, after their own', () => {
    const env = { AUN_TRACE_MAX_MODE: 'diag', GATEWAY_LONG_SLOTS_PER_AID_DEVICE: '3' };
    expect(loadConfig({ env }).limits).toMatchObject({ traceMaxMode: 'diag', longSlotsPerDevice: 3 });
    const own = { ...env, AUN_GATEWAY_LIMITS_TRACE_MAX_MODE: 'off', GATEWAY_LONG_DEVICES_PER_AID: '4' };
    expect(loadConfig({ env: own }).limits).toMatchObject({ traceMaxMode: 'off', longDevicesPerAid: 4 });
    expect(() => loadConfig({ env: { AUN_TRACE_MAX_MODE: 'loud' } })).toThrow('limits.traceMaxMode');
  });

  it('of flags win over the environment', () => {
    const env = { AUN_GATEWAY_LISTEN_PORT: '1', AUN_GATEWAY_LISTEN_HOST: '0.0.0.0' };
    const config = loadConfig({ env, overrides: { listen: { port: 2 } } });
    expect(config.listen).toMatchObject({ port: 2, host: '0.0.0.0' });
  });

  it('that are wrong are named in one sentence', () => {
    const wrong = [
      { AUN_GATEWAY_LISTEN_PORT: 'x' },
      { AUN_GATEWAY_LISTEN_PORT: '' },
      { AUN_GATEWAY_LISTEN_TRUST_PROXY: 'maybe' },
    ];
    for (const env of wrong) expect(() => loadConfig({ env })).toThrow(ConfigError);
    expect(() => loadConfig({ env: { AUN_GATEWAY_LISTEN_PORT: '-1' } })).toThrow('listen.port');
  });

  it('never fail in another way than ConfigError', () => {
    fc.assert(
      fc.property(fc.constantFrom(...settings), fc.string(), ({ env }, text) => {
        try {
          loadConfig({ env: { [env]: text } });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: process.env.AUN_SOAK === '1' ? 5000 : 200 },
    );
  });
});
