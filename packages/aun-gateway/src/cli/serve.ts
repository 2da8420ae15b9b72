import type { Command } from 'commander';
import { createGateway } from '../gateway.js';
import { type CommonFlags, configFrom, withCommonOptions } from './common-options.js';
import { startOrClose } from './dev.js';
import { type PeerFlags, peerSettings, withPeerOptions } from './peer-options.js';
import { runUntilSignal } from './run-until-signal.js';

/** `aun-gateway serve`: production mode; everything comes from the configuration. */
export const addServeCommand = (program: Command): void => {
  withPeerOptions(
    withCommonOptions(
      program
        .command('serve')
        .description('run the gateway with a configuration file; structured logs on standard error'),
    ),
  ).action(async (flags: CommonFlags & PeerFlags) => {
    const gateway = await createGateway(configFrom(flags, peerSettings(flags)), { processMetrics: true });
    await startOrClose(gateway);
    await runUntilSignal(gateway);
  });
};
