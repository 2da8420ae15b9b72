import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, noopLogger } from 'aun-core';
import { hexEncode, randomBytes } from 'aun-crypto';
import type { GatewayConfigInput } from './config/schema.js';
import { createGateway, type Gateway } from './gateway.js';
import type { GatewayLogs } from './logging.js';

export interface TestGatewayOptions {
  /** Default `aun.localhost`. */
  readonly issuer?: string;
  /** Several domains instead of one; the first is `issuer` of the result. */
  readonly issuers?: readonly string[];
  /** An existing folder, kept by `stop`. Default: a temporary one, removed by `stop`. */
  readonly dataDir?: string;
  /** Settings on top of the test profile (free ports, no rate limits, `diag` traces, silent). */
  readonly config?: GatewayConfigInput;
  readonly clock?: Clock;
  /** Log to standard error at this level. Default: nothing. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
}

/** A private network on the loopback interface. */
export interface TestGateway {
  readonly issuer: string;
  readonly issuers: readonly string[];
  /** RPC URL of the first issuer. */
  readonly gatewayUrl: string;
  /** TLS port of everything: RPC, PKI, discovery, agent.md. */
  readonly httpsPort: number;
  /** Where discovery and agent.md are served; the same port. */
  readonly discoveryPort: number;
  readonly rootCaPem: string;
  readonly rootCaPath: string;
  readonly dataDir: string;
  /** The gateway inside; a new one after `restart`. */
  readonly gateway: Gateway;
  gatewayUrlOf(issuer: string): string;
  /** `{name}.{issuer}`. */
  aid(name: string): string;
  /** A name nobody has: `{prefix}-{8 hex}.{issuer}`. */
  newAid(prefix?: string): string;
  /** Closes the gateway and opens it again on the same folder and port. */
  restart(): Promise<void>;
  /** Closes the gateway and removes its temporary folder. */
  stop(): Promise<void>;
}

const silent: GatewayLogs = { main: noopLogger, audit: noopLogger };

const settings = (options: TestGatewayOptions, dataDir: string, port: number): GatewayConfigInput => {
  const { config = {} } = options;
  return {
    ...config,
    issuers: [...(options.issuers ?? [options.issuer ?? 'aun.localhost'])],
    dataDir,
    listen: { host: '127.0.0.1', ...config.listen, port },
    rateLimits: { scale: 0, ...config.rateLimits },
    limits: {
      rpcRate: 0,
      sendRate: 0,
      notifyRate: 0,
      traceMaxMode: 'diag',
      ...config.limits,
    },
    federation: { aidRate: 0, issuerRate: 0, ...config.federation },
    log: { level: options.logLevel ?? 'silent' },
  };
};

class TestNetwork implements TestGateway {
  readonly dataDir: string;
  readonly httpsPort: number;
  readonly rootCaPem: string;
  readonly rootCaPath: string;
  readonly #options: TestGatewayOptions;
  #gateway: Gateway;

  constructor(options: TestGatewayOptions, dataDir: string, gateway: Gateway) {
    this.#options = options;
    this.#gateway = gateway;
    this.dataDir = dataDir;
    this.httpsPort = gateway.ports.tls;
    this.rootCaPem = gateway.rootCertPem;
    this.rootCaPath = gateway.rootCertPath;
  }

  get gateway(): Gateway {
    return this.#gateway;
  }

  get issuers(): readonly string[] {
    return this.#gateway.config.issuers;
  }

  get issuer(): string {
    return this.issuers[0] ?? '';
  }

  get gatewayUrl(): string {
    return this.#gateway.url;
  }

  get discoveryPort(): number {
    return this.httpsPort;
  }

  gatewayUrlOf(issuer: string): string {
    return this.#gateway.gatewayUrl(issuer);
  }

  aid(name: string): string {
    return `${name}.${this.issuer}`;
  }

  newAid(prefix = 'agent'): string {
    return this.aid(`${prefix}-${hexEncode(randomBytes(4))}`);
  }

  async restart(): Promise<void> {
    await this.#gateway.close();
    this.#gateway = await open(this.#options, this.dataDir, this.httpsPort);
  }

  async stop(): Promise<void> {
    await this.#gateway.close();
    if (this.#options.dataDir === undefined) await rm(this.dataDir, { recursive: true, force: true });
  }
}

const open = async (options: TestGatewayOptions, dataDir: string, port: number): Promise<Gateway> => {
  const gateway = await createGateway(settings(options, dataDir, port), {
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.logLevel === undefined ? { logs: silent } : {}),
  });
  try {
    await gateway.start();
    return gateway;
  } catch (error) {
    await gateway.close();
    throw error;
  }
};

/**
 * Starts a whole network for a test, in well under a second: own CA, own port, own folder.
 *
 * @example
 * const network = await startTestGateway();
 * // ... clients with rootCaPath: network.rootCaPath, discoveryPort: network.discoveryPort
 * await network.stop();
 */
export const startTestGateway = async (options: TestGatewayOptions = {}): Promise<TestGateway> => {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'aun-gateway-')));
  try {
    return new TestNetwork(options, dataDir, await open(options, dataDir, options.config?.listen?.port ?? 0));
  } catch (error) {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
};
