import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createHttpClient } from 'aun-transport';
import { type Ended, Program } from './program.js';
import type { Scope } from './scope.js';
import { until } from './until.js';

const require = createRequire(import.meta.url);

/** The command line of the built gateway. */
export const gatewayCli = join(dirname(require.resolve('aun-gateway/package.json')), 'dist/cli.js');

/** What `dev --json` prints when it serves. */
interface Facts {
  readonly issuer: string;
  readonly gatewayUrl: string;
  readonly discoveryPort: number;
  readonly rootCaPath: string;
  readonly dataDir: string;
  readonly pid: number;
}

/** Settings as in the configuration file. */
export type Settings = Readonly<Record<string, unknown>>;

/** A gateway as an operator runs it: its own process, its own folder; it can die and come back. */
export class GatewayProcess {
  readonly #scope: Scope;
  readonly #config: readonly string[];
  #program: Program;
  #facts: Facts;

  private constructor(scope: Scope, config: readonly string[], program: Program, facts: Facts) {
    this.#scope = scope;
    this.#config = config;
    this.#program = program;
    this.#facts = facts;
  }

  static async start(scope: Scope, settings: Settings = {}, dataDir?: string): Promise<GatewayProcess> {
    const folder = dataDir ?? (await scope.folder('aun-e2e-gateway-'));
    const file = join(await scope.folder(), 'gateway.json');
    await writeFile(file, JSON.stringify(settings));
    const config = ['--config', file];
    const { program, facts } = await launch(scope, config, folder, 0);
    return new GatewayProcess(scope, config, program, facts);
  }

  get issuer(): string {
    return this.#facts.issuer;
  }

  get url(): string {
    return this.#facts.gatewayUrl;
  }

  get port(): number {
    return this.#facts.discoveryPort;
  }

  get rootCaPath(): string {
    return this.#facts.rootCaPath;
  }

  get dataDir(): string {
    return this.#facts.dataDir;
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** SIGKILL: whatever is not on disk is gone. */
  kill(): Promise<Ended> {
    return this.#program.kill('SIGKILL');
  }

  /** SIGTERM: the gateway says goodbye. */
  stop(): Promise<Ended> {
    return this.#program.kill('SIGTERM');
  }

  /** Other settings from the next start on. */
  async configure(settings: Settings): Promise<void> {
    await writeFile(this.#config[1] ?? '', JSON.stringify(settings));
  }

  /** Starts again on the same folder and port. */
  async revive(): Promise<void> {
    const { program, facts } = await launch(this.#scope, this.#config, this.dataDir, this.port);
    this.#program = program;
    this.#facts = facts;
  }

  /** The value of one line of `/metrics`, 0 when there is none. */
  async metric(name: string): Promise<number> {
    const line = (await this.#metrics()).split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.split(' ').at(-1) ?? 0);
  }

  /** How often a method was called, by result code (0 = success), as `/metrics` tells. */
  async calls(method: string): Promise<number> {
    const text = await this.#metrics();
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith('aun_rpc_total{') && line.includes(`method="${method}"`));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  async #metrics(): Promise<string> {
    const http = createHttpClient({ tls: { verify: true, caPem: await readFile(this.rootCaPath, 'utf8') } });
    try {
      const url = `https://gateway.${this.issuer}:${this.port}/metrics`;
      const { body } = await http.request({ method: 'GET', url, timeoutMs: 10_000 });
      return new TextDecoder().decode(body);
    } finally {
      http.close();
    }
  }
}

const launch = async (scope: Scope, config: readonly string[], dataDir: string, port: number) => {
  const args = ['dev', '--json', '--port', String(port), '--data', dataDir, ...config];
  const program = new Program(scope, [gatewayCli, ...args]);
  await until('the gateway is ready', () => program.hasEnded || program.stdout.includes('\n'));
  const [line] = program.stdout.split('\n');
  if (program.hasEnded || line === undefined) throw new Error(`the gateway did not start: ${program.stderr}`);
  return { program, facts: JSON.parse(line) as Facts };
};
