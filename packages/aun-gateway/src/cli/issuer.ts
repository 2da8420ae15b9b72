import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { writeFileAtomic } from '../ca/custody/atomic-file.js';
import { issuerName } from '../config/network.js';
import { CliError } from './cli-error.js';
import { type CommonFlags, configFrom, folderConfigFile, withCommonOptions } from './common-options.js';
import { asOperator } from './operator.js';

/** `aun-gateway issuer add <domain>`: a further domain with a CA and a root of its own. */
export const addIssuerCommands = (program: Command): void => {
  const issuer = program.command('issuer').description('domains this gateway serves');
  withCommonOptions(
    issuer.command('add <domain>').description('serve a further domain, with its own CA and root'),
  ).action(async (domain: string, flags: CommonFlags) => {
    const name = issuerName.safeParse(domain);
    if (!name.success) throw new CliError(`${domain} is no domain: ${name.error.issues[0]?.message ?? ''}.`);
    const config = configFrom(flags);
    if (config.issuers.includes(name.data)) throw new CliError(`${name.data} is served already.`);
    const issuers = [...config.issuers, name.data];
    await asOperator({ ...config, issuers }, async () => {});
    const file = flags.config ?? folderConfigFile(config.dataDir);
    const before: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    writeFileAtomic(file, `${JSON.stringify({ ...Object(before), issuers }, null, 2)}\n`, 0o600);
    process.stdout.write(
      `${name.data} is added to ${file}; restart the gateway, and give clients the new root.crt.\n`,
    );
  });
};
