import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { DemoError, within } from './explain.js';

/** What `aun-gateway dev --json` prints when it is ready. */
interface ReadyLine {
  readonly issuer: string;
  readonly discoveryPort: number;
  readonly rootCaPath: string;
  readonly dataDir: string;
}

/** A gateway in a process of its own, as a person would start it. */
export class GatewayProcess {
  readonly issuer: string;
  readonly port: number;
  readonly rootCaPath: string;
  readonly dataDir: string;
  private stopping = false;

  constructor(
    private readonly child: ChildProcess,
    ready: ReadyLine,
    readonly startedAfterMs: number,
  ) {
    this.issuer = ready.issuer;
    this.port = ready.discoveryPort;
    this.rootCaPath = ready.rootCaPath;
    this.dataDir = ready.dataDir;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Runs `work`; rejects at once when the gateway dies meanwhile. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    const died = new Promise<never>((_, reject) => {
      this.child.once('exit', (code, signal) => {
        if (!this.stopping)
          reject(new DemoError(`the gateway stopped in the middle (${signal ?? `exit code ${code}`})`));
      });
    });
    // Sockets break before the system reports the end of the process: that end is the better story.
    const orElse = async (error: unknown): Promise<never> => {
      await Promise.race([died, delay(500)]);
      throw error;
    };
    return Promise.race([work().catch(orElse), died]);
  }

  /** Lets the process go on without us. */
  release(): void {
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
    this.child.unref();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await within(10, 'a clean stop of the gateway', exited).catch(() => this.child.kill('SIGKILL'));
  }
}

/** Starts `aun-gateway dev` on a free port and waits until it serves. */
export async function startGateway(
  dataDir: string,
  signal: AbortSignal,
  { debug, port }: { readonly debug: boolean; readonly port: number },
): Promise<GatewayProcess> {
  const started = performance.now();
  const manifest = createRequire(import.meta.url).resolve('aun-gateway/package.json');
  const args = ['dev', '--json', '--port', String(port), '--data', dataDir];
  const child = spawn(process.execPath, [join(dirname(manifest), 'dist/cli.js'), ...args], {
    stdio: ['ignore', 'pipe', debug ? 'inherit' : 'pipe'],
    // Its own group: Ctrl-C reaches the demo, which stops the gateway in order.
    detached: true,
  });
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });

  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  const ready = new Promise<ReadyLine>((resolve, reject) => {
    child.once('error', (error) => reject(new DemoError(`the gateway cannot be started: ${error.message}`)));
    child.once('exit', (code) => {
      reject(
        new DemoError(complaint.trim().split('\n').at(-1) || `the gateway ended with exit code ${code}`),
      );
    });
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as ReadyLine));
    }
  });
  const line = await within(20, 'the start of the gateway', ready);
  return new GatewayProcess(child, line, performance.now() - started);
}
