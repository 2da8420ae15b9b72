import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const cli = join(dirname(createRequire(import.meta.url).resolve('aun-gateway/package.json')), 'dist/cli.js');

/** A gateway in a process of its own, as an operator runs it, without rate limits. */
export class GatewayProcess {
  readonly issuer: string;
  readonly port: number;
  readonly url: string;
  readonly rootCaPem: string;
  stderr = '';
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(
    child: ChildProcess,
    folder: string,
    facts: { issuer: string; httpsPort: number; rootCaPath: string },
  ) {
    this.#child = child;
    this.#folder = folder;
    this.issuer = facts.issuer;
    this.port = facts.httpsPort;
    this.url = `wss://127.0.0.1:${facts.httpsPort}/aun`;
    this.rootCaPem = readFileSync(facts.rootCaPath, 'utf8');
    child.stderr?.on('data', (data: Buffer) => {
      this.stderr = (this.stderr + data.toString()).slice(-20_000);
    });
  }

  static async start(): Promise<GatewayProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'aun-fuzz-'));
    const settings = ['--set', 'rateLimits.scale=0', '--set', 'limits.challengeDelayMs=5'];
    const args = [cli, 'dev', '--json', '--port', '0', '--data', folder, ...settings];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const facts = await firstLine(child);
    return new GatewayProcess(child, folder, JSON.parse(facts));
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resident memory in MiB. */
  memory(): number {
    return (
      Number(execFileSync('ps', ['-o', 'rss=', '-p', String(this.#child.pid)], { encoding: 'utf8' })) / 1024
    );
  }

  /** SIGTERM, and how the process ended. */
  async stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.running) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const force = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
      await ended;
      clearTimeout(force);
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return { code: this.#child.exitCode, signal: this.#child.signalCode };
  }
}

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    child.stdout?.on('data', (data: Buffer) => {
      out += data.toString();
      const [line, rest] = out.split('\n');
      if (line !== undefined && rest !== undefined) resolve(line);
    });
    child.stderr?.on('data', (data: Buffer) => {
      err += data.toString();
    });
    child.once('exit', () => reject(new Error(`the gateway did not start: ${err}`)));
  });
