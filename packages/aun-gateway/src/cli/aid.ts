import type { Command } from 'commander';
import { CliError } from './cli-error.js';
import { type CommonFlags, configFrom, withCommonOptions } from './common-options.js';
import { asOperator } from './operator.js';

const setSuspended = async (aid: string, flags: CommonFlags, suspended: boolean): Promise<void> => {
  const name = aid.trim().toLowerCase();
  const known = await asOperator(configFrom(flags), ({ identity }) =>
    identity.registrar.setSuspended(name, suspended),
  );
  if (!known) throw new CliError(`${name} is not registered here.`);
  process.stdout.write(`${name} is ${suspended ? 'suspended' : 'active'}.\n`);
};

/** `aun-gateway aid …` */
export const addAidCommands = (program: Command): void => {
  const aid = program.command('aid').description('agents of this network');
  withCommonOptions(aid.command('suspend <aid>').description('bar an agent: no login, no session')).action(
    (name: string, flags: CommonFlags) => setSuspended(name, flags, true),
  );
  withCommonOptions(aid.command('resume <aid>').description('readmit a suspended agent')).action(
    (name: string, flags: CommonFlags) => setSuspended(name, flags, false),
  );
};
