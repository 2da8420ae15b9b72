import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { PrivateKey } from 'aun-crypto';
import { createIntermediateCa, createRootCa, issueCertificate } from 'aun-pki/issue';
import { WebSocket } from 'ws';
import type { Scope } from './scope.js';

/** The bound of everything on sockets: `ws` over TLS with a certificate chain as a gateway has it. */
export interface EchoProcess {
  readonly pid: number;
  open(): Promise<WebSocket>;
}

export async function startEcho(scope: Scope): Promise<EchoProcess> {
  const { ca, ...identity } = await serverIdentity();
  const child = fork(fileURLToPath(new URL('./echo.js', import.meta.url)), { execArgv: [] });
  scope.adopt(child);
  child.send(identity);
  const [port] = (await once(child, 'message')) as [number];
  const options = { ca, servername: 'localhost', perMessageDeflate: false };
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, options);
    await once(socket, 'open');
    return socket;
  };
  return { pid: child.pid ?? 0, open };
}

async function serverIdentity(): Promise<{ ca: string; key: string; cert: string }> {
  const root = await createRootCa({ commonName: 'Bench Root' });
  const registry = await createIntermediateCa(root, { commonName: 'Bench Registry', role: 'registry' });
  const issuer = await createIntermediateCa(registry, { commonName: 'bench.test', curve: 'P-256' });
  const key = PrivateKey.generate();
  const server = await issueCertificate(issuer, {
    profile: 'tls-server',
    commonName: 'localhost',
    dnsNames: ['localhost'],
    publicKey: key.publicKey,
  });
  const chain = [server, issuer.certificate, registry.certificate];
  return { ca: root.certificate.pem, key: key.toPem(), cert: chain.map(({ pem }) => pem).join('\n') };
}
