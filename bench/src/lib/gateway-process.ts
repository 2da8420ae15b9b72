import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Scope } from './scope.js';

export type WrapPolicy = '1DH/aid' | '3DH/device';

/** A development gateway as its command line starts it, with `synchronous=FULL`, in a process of its own. */
export interface GatewayProcess {
  readonly pid: number;
  readonly issuer: string;
  readonly url: string;
  readonly port: number;
  readonly rootCaPath: string;
  readonly dataDir: string;
  /** Ends it as an operator does; resolves when it is gone. */
  stop(): Promise<void>;
}

interface Facts {
  readonly issuer: string;
  readonly gatewayUrl: string;
  readonly discoveryPort: number;
  readonly rootCaPath: string;
}

const require = createRequire(import.meta.url);

/**
 * `AUN_BENCH_GATEWAY_FLAGS` are flags of Node for it, e.g. `--cpu-prof --cpu-prof-dir=/tmp/profile`. One that was stopped
 * starts again where it was: same folder, same address.
 */
export async function startGateway(
  scope: Scope,
  wrapPolicy: WrapPolicy = '1DH/aid',
  stopped?: GatewayProcess,
): Promise<GatewayProcess> {
  const cli = join(dirname(require.resolve('aun-gateway/package.json')), 'dist/cli.js');
  const dataDir = stopped?.dataDir ?? scope.folder();
  const port = stopped === undefined ? '0' : new URL(stopped.url).port;
  const flags = process.env.AUN_BENCH_GATEWAY_FLAGS?.split(' ') ?? [];
  const leash = new URL('./leash.js', import.meta.url).href;
  const child = spawn(
    process.execPath,
    ['--import', leash, ...flags, cli, 'dev', '--json', '--port', port, '--data', dataDir],
    {
      env: { ...process.env, AUN_GATEWAY_LIMITS_WRAP_POLICY: wrapPolicy, AUN_GATEWAY_RATE_LIMITS_SCALE: '0' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  scope.adopt(child);
  const facts = await firstLine(child);
  return {
    pid: child.pid ?? 0,
    issuer: facts.issuer,
    url: facts.gatewayUrl,
    port: facts.discoveryPort,
    rootCaPath: facts.rootCaPath,
    dataDir,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function firstLine(child: ReturnType<typeof spawn>): Promise<Facts> {
  if (child.stdout === null) throw new Error('the gateway has no output');
  const lines = createInterface(child.stdout);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the gateway ended with code ${code} before it served`);
  });
  const [line] = (await Promise.race([once(lines, 'line'), failed])) as [string];
  failed.catch(() => undefined);
  return JSON.parse(line) as Facts;
}
