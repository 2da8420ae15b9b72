import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../config/load.js';
import type { GatewayConfig, GatewayConfigInput } from '../config/schema.js';

/** Flags that every command understands. */
export interface CommonFlags {
  readonly config?: string;
  readonly data?: string;
  readonly issuer?: readonly string[];
  readonly passphraseEnv?: string;
  readonly set?: readonly string[];
}

export const parsePort = (text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
};

const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];

export const withCommonOptions = (command: Command): Command =>
  command
    .option(
      '--config <file>',
      'configuration file (JSON); default: gateway.json in the data folder, if there is one',
    )
    .option('--data <folder>', 'data folder: keys, certificates, database')
    .addOption(
      new Option('--issuer <domain>', 'domain to serve; may be given several times').argParser(collect),
    )
    .option('--passphrase-env <name>', 'environment variable with the passphrase of the private keys')
    .addOption(
      new Option(
        '--set <setting=value>',
        'any setting by its path, e.g. limits.rpcRate=50; repeatable',
      ).argParser(collect),
    )
    .option('--debug', 'show stack traces');

/** The configuration file that belongs to a data folder. */
export const folderConfigFile = (dataDir: string): string => join(dataDir, 'gateway.json');

const configFileOf = (flags: CommonFlags, env: NodeJS.ProcessEnv): string | undefined => {
  if (flags.config !== undefined) return flags.config;
  const file = folderConfigFile(flags.data ?? env.AUN_GATEWAY_DATA_DIR ?? './aun-data');
  return existsSync(file) ? file : undefined;
};

/** Settings from `defaults`, file, environment and flags, in this order; `extra` are the flags of one command. */
export const configFrom = (
  flags: CommonFlags,
  extra: GatewayConfigInput = {},
  defaults: GatewayConfigInput = {},
  env: NodeJS.ProcessEnv = process.env,
): GatewayConfig => {
  const passphrase = flags.passphraseEnv === undefined ? undefined : env[flags.passphraseEnv];
  return loadConfig({
    defaults,
    file: configFileOf(flags, env),
    env,
    assignments: flags.set ?? [],
    overrides: {
      ...extra,
      ...(flags.data === undefined ? {} : { dataDir: flags.data }),
      ...(flags.issuer === undefined ? {} : { issuers: [...flags.issuer] }),
      ...(passphrase === undefined ? {} : { ca: { passphrase } }),
    },
  });
};
