import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network } from './agent.js';
import { GatewayProcess, type Settings } from './gateway-process.js';
import type { Scope } from './scope.js';

/** Two gateways of different issuers on different ports, each told where the other is and what root it has. */
export interface Federated {
  readonly a: GatewayProcess;
  readonly b: GatewayProcess;
  /** For agents of either: they trust the roots of both. */
  network(gateway: GatewayProcess): Network;
}

export const federated = async (scope: Scope, more: Settings = {}): Promise<Federated> => {
  const a = await GatewayProcess.start(scope, { issuers: ['a.localhost'] });
  const b = await GatewayProcess.start(scope, { issuers: ['b.localhost'] });
  await introduce(a, b, more);
  await introduce(b, a, more);
  const roots = join(await scope.folder(), 'roots.crt');
  const texts = await Promise.all([a, b].map(({ rootCaPath }) => readFile(rootCaPath, 'utf8')));
  await writeFile(roots, texts.join('\n'));
  return { a, b, network: ({ issuer, port }) => ({ issuer, port, rootCaPath: roots }) };
};

/** What an operator writes: where the other gateway is, and the root it has. */
const introduce = async (gateway: GatewayProcess, other: GatewayProcess, more: Settings): Promise<void> => {
  const peers = {
    [other.issuer]: { url: `https://127.0.0.1:${other.port}`, roots: [other.rootCaPath] },
  };
  await gateway.configure({ issuers: [gateway.issuer], ...more, federation: { peers } });
  await gateway.stop();
  await gateway.revive();
};
