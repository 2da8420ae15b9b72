import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundlePage } from './bundle.js';

export interface PageServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** Strict on purpose: an application may forbid inline scripts and `eval` and still use the packages. */
const policy = "default-src 'self'; script-src 'self'; img-src data:; connect-src *";

/**
 * One origin for all pages, on the loopback address, which browsers take for a secure context: `/NAME` is an empty
 * document with the module `src/pages/NAME.ts`, bundled when it is first asked for.
 */
export async function startPageServer(): Promise<PageServer> {
  const modules = new Map<string, Promise<string>>();
  const moduleOf = (name: string): Promise<string> => {
    const known = modules.get(name);
    if (known !== undefined) return known;
    const made = bundlePage(name).then(({ code }) => code);
    modules.set(name, made);
    return made;
  };
  const server = createServer((request, response) => {
    const match = /^\/([a-z0-9-]+)(?:\/(start|module)\.js)?$/.exec(request.url ?? '');
    const [, name = '', script] = match ?? [];
    if (match === null) send(response, 404, 'text/plain', 'no such page');
    else if (script === 'module') void sendModule(response, moduleOf(name));
    else if (script === 'start') send(response, 200, 'text/javascript', startScript(name));
    else send(response, 200, 'text/html', documentOf(name));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function documentOf(name: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${name}</title>
<link rel="icon" href="data:,"><script type="module" src="/${name}/start.js"></script></html>`;
}

function startScript(name: string): string {
  return `import * as exports from '/${name}/module.js';\nglobalThis.pageModule = exports;\n`;
}

async function sendModule(response: ServerResponse, code: Promise<string>): Promise<void> {
  try {
    send(response, 200, 'text/javascript', await code);
  } catch (error) {
    // The page cannot load it, and the test that opened the page shows this text.
    send(response, 500, 'text/plain', error instanceof Error ? error.message : String(error));
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': policy,
    'cache-control': 'no-store',
  });
  response.end(body);
}
