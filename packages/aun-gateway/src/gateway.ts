import { join } from 'node:path';
import { type Clock, type RandomBytes, systemClock } from 'aun-core';
import { randomBytes } from 'aun-crypto';
import { type CertificateOffice, openCertificateOffice } from './ca/open-ca.js';
import { loadConfig } from './config/load.js';
import type { GatewayConfig, GatewayConfigInput } from './config/schema.js';
import { lockDataFolder, prepareDataFolder } from './data-folder.js';
import { assembleCore, type GatewayCore } from './gateway-core.js';
import { createGatewayHttp } from './gateway-http.js';
import { type OpenListeners, openGatewayListeners } from './gateway-listeners.js';
import { createLogs, type GatewayLogs } from './logging.js';

export interface GatewayOptions {
  /** Time source; tests pass their own. */
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  readonly logs?: GatewayLogs;
  /** Node's own metrics (event loop, heap) in `/metrics` too. */
  readonly processMetrics?: boolean;
}

/** A whole AUN network in one process. */
export interface Gateway {
  readonly config: GatewayConfig;
  /** RPC URL of the first issuer, e.g. `wss://gateway.aun.localhost:20001/aun`; known after `start`. */
  readonly url: string;
  /** PEM of the roots of all issuers; what clients take as `rootCaPath`. */
  readonly rootCertPem: string;
  /** The same as a file. */
  readonly rootCertPath: string;
  /** Ports in use after `start`: RPC and everything else over TLS, the additional TLS port, plain HTTP. */
  readonly ports: {
    readonly tls: number;
    readonly https: number | undefined;
    readonly http: number | undefined;
  };
  /** RPC URL of one of the issuers. */
  gatewayUrl(issuer: string): string;
  /** Opens the ports. @throws ListenError */
  start(): Promise<void>;
  /** Stops taking work, finishes what runs, closes sockets and database. Safe to call twice. */
  close(): Promise<void>;
}

const closeGraceMs = 2000;

class RunningGateway implements Gateway {
  readonly config: GatewayConfig;
  readonly rootCertPem: string;
  readonly rootCertPath: string;
  readonly #core: GatewayCore;
  readonly #release: () => void;
  #listeners: OpenListeners | undefined;
  #closing: Promise<void> | undefined;

  constructor(core: GatewayCore, office: CertificateOffice, release: () => void) {
    this.config = core.config;
    this.#core = core;
    this.#release = release;
    this.rootCertPem = office.rootBundle;
    this.rootCertPath = office.rootBundleFile;
  }

  get ports(): Gateway['ports'] {
    if (this.#listeners === undefined) throw new Error('the gateway was not started');
    return this.#listeners.ports;
  }

  get url(): string {
    return this.gatewayUrl(this.#core.office.authorities.first.issuer);
  }

  gatewayUrl(issuer: string): string {
    const { path, publicPort } = this.config.listen;
    const port = publicPort ?? this.ports.tls;
    return `wss://gateway.${issuer}${port === 443 ? '' : `:${port}`}${path}`;
  }

  async start(): Promise<void> {
    if (this.#listeners !== undefined) return;
    const app = createGatewayHttp(this.#core, (issuer) => this.gatewayUrl(issuer));
    this.#listeners = await openGatewayListeners(this.#core, app);
    this.#core.federation?.start();
    this.#core.log.info('gateway started', { url: this.url, issuers: this.config.issuers });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#core.edge.drain();
    if (this.#listeners !== undefined) await this.#lookElsewhere();
    // Messages on their way to other domains are kept, and their senders told so, while sockets are open.
    this.#core.federation?.stop();
    await this.#core.edge.close();
    await this.#listeners?.close(closeGraceMs);
    this.#core.close();
    this.#release();
    this.#core.log.info('gateway stopped');
  }

  /** Time for balancers and clients that look at `/health` to go elsewhere. */
  #lookElsewhere(): Promise<void> {
    const { drainMs } = this.config.listen;
    if (drainMs === 0) return Promise.resolve();
    this.#core.log.info('gateway draining', { milliseconds: drainMs });
    return new Promise((resolve) => this.#core.clock.setTimeout(resolve, drainMs));
  }
}

/**
 * Prepares a gateway: settings, data folder, keys, database. Nothing listens before `start()`.
 * @throws ConfigError, DataFolderError, CustodyError
 */
export const createGateway = async (
  input: GatewayConfigInput = {},
  options: GatewayOptions = {},
): Promise<Gateway> => {
  const config = loadConfig({ overrides: input });
  const dataDir = prepareDataFolder(config.dataDir);
  const settled = { ...config, dataDir };
  const clock = options.clock ?? systemClock;
  const lock = lockDataFolder(dataDir);
  try {
    const office = await openCertificateOffice(settled, clock);
    const core = assembleCore({
      config: settled,
      office,
      clock,
      random: options.random ?? randomBytes,
      logs: options.logs ?? createLogs(settled.log),
      databaseFile: join(dataDir, 'gateway.db'),
      processMetrics: options.processMetrics ?? false,
    });
    return new RunningGateway(core, office, () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
};
