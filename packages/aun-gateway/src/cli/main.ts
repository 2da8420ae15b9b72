import { Command, CommanderError } from 'commander';
import { version } from '../version.js';
import { addAidCommands } from './aid.js';
import { addCaCommands } from './ca.js';
import { addDevCommand } from './dev.js';
import { addIssuerCommands } from './issuer.js';
import { errorText } from './report-error.js';
import { addServeCommand } from './serve.js';

const createProgram = (): Command => {
  const program = new Command('aun-gateway')
    .description('A whole AUN network in one process.')
    .version(version)
    .showHelpAfterError('(try --help)')
    .exitOverride();
  addDevCommand(program);
  addServeCommand(program);
  addCaCommands(program);
  addIssuerCommands(program);
  addAidCommands(program);
  return program;
};

/** Runs one command line (without `node` and script) and gives the exit code; errors go to standard error. */
export const main = async (args: readonly string[]): Promise<number> => {
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    process.stderr.write(`${errorText(error, args.includes('--debug'))}\n`);
    return 1;
  }
};
