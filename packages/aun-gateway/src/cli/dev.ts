import type { Command } from 'commander';
import type { GatewayConfigInput } from '../config/schema.js';
import { createGateway, type Gateway } from '../gateway.js';
import { type CommonFlags, configFrom, parsePort, withCommonOptions } from './common-options.js';
import { type PeerFlags, peerSettings, withPeerOptions } from './peer-options.js';
import { runUntilSignal } from './run-until-signal.js';

interface DevFlags extends CommonFlags, PeerFlags {
  readonly host?: string;
  readonly port?: number;
  readonly httpsPort?: number;
  readonly httpPort?: number;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

const devProfile: GatewayConfigInput = {
  rateLimits: { scale: 100 },
  limits: { traceMaxMode: 'diag' },
  federation: { aidRate: 1_000, aidBurst: 10_000 },
};

const listenFlags = (flags: DevFlags): GatewayConfigInput['listen'] => ({
  ...(flags.host === undefined ? {} : { host: flags.host }),
  ...(flags.port === undefined ? {} : { port: flags.port }),
  ...(flags.httpsPort === undefined ? {} : { httpsPort: flags.httpsPort }),
  ...(flags.httpPort === undefined ? {} : { httpPort: flags.httpPort }),
});

const facts = (gateway: Gateway) => ({
  issuer: gateway.config.issuers[0] ?? '',
  issuers: gateway.config.issuers,
  gatewayUrl: gateway.url,
  discoveryPort: gateway.ports.https ?? gateway.ports.tls,
  httpsPort: gateway.ports.tls,
  httpPort: gateway.ports.http ?? null,
  rootCaPath: gateway.rootCertPath,
  dataDir: gateway.config.dataDir,
  pid: process.pid,
});

const welcome = (gateway: Gateway): string => {
  const { issuer, gatewayUrl, discoveryPort, rootCaPath } = facts(gateway);
  return `
  AUN gateway, development mode
    network      ${gateway.config.issuers.join(', ')}
    gateway      ${gatewayUrl}
    discovery    https://gateway.${issuer}:${discoveryPort}/.well-known/aun-gateway
    root CA      ${rootCaPath}

  Next, in another terminal:
    npm i aun-client
  and in a file agent.mjs:
    import { AIDStore, AUNClient } from 'aun-client';
    const store = new AIDStore({ aunPath: './agents', encryptionSeed: '', rootCaPath: ${JSON.stringify(rootCaPath)}, discoveryPort: ${discoveryPort} });
    console.log(await store.register('alice.${issuer}'));
    const alice = new AUNClient(store.load('alice.${issuer}').data.aid);
    alice.on('message.received', (message) => console.log(message.from, message.payload));
    await alice.connect();

  Look at it:  curl --cacert ${rootCaPath} https://localhost:${gateway.ports.tls}/health
  Stop it:     Ctrl+C
`;
};

/** `aun-gateway dev`: a network on this machine, made on first start. */
export const addDevCommand = (program: Command): void => {
  withPeerOptions(
    withCommonOptions(
      program
        .command('dev')
        .description('run a network for development: own CA, loopback only, generous limits')
        .option('--host <address>', 'address to listen on (default 127.0.0.1)')
        .option('--port <port>', 'TLS port of everything (default 20001; 0 = any)', parsePort)
        .option('--https-port <port>', 'additional TLS port, e.g. 443 for public SDKs', parsePort)
        .option('--http-port <port>', 'additional plain HTTP port', parsePort)
        .option('--verbose', 'log every request of interest')
        .option('--json', 'print one JSON line with addresses instead of the welcome text'),
    ),
  ).action(async (flags: DevFlags) => {
    const config = configFrom(
      flags,
      {
        ...peerSettings(flags),
        listen: listenFlags(flags),
        ...(flags.verbose === true ? { log: { level: 'debug' } } : {}),
      },
      { ...devProfile, log: { level: 'warn', pretty: flags.json !== true } },
    );
    const gateway = await createGateway(config, { processMetrics: true });
    await startOrClose(gateway);
    process.stdout.write(flags.json === true ? `${JSON.stringify(facts(gateway))}\n` : welcome(gateway));
    await runUntilSignal(gateway);
  });
};

/** A gateway that cannot listen must not keep its folder. */
export const startOrClose = async (gateway: Gateway): Promise<void> => {
  try {
    await gateway.start();
  } catch (error) {
    await gateway.close();
    throw error;
  }
};
