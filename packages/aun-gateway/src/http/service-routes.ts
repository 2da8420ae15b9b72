import type { HttpDeps } from './deps.js';
import type { HttpApp } from './env.js';
import { errorReply } from './reply.js';

const isLoopback = (address: string): boolean => /^(::ffff:)?127\./.test(address) || address === '::1';

/** Health, metrics and discovery (02 §1.1, §2). */
export const serviceRoutes = (app: HttpApp, deps: HttpDeps): void => {
  app.get('/health', (c) => {
    const { serving, connections } = deps.readiness();
    const body = {
      status: serving ? 'ok' : 'draining',
      module: 'gateway',
      version: deps.version,
      connections,
    };
    return c.json(body, serving ? 200 : 503, { 'Cache-Control': 'no-store' });
  });

  app.get('/metrics', async (c) => {
    if (!isLoopback(c.var.address)) return errorReply(c, 403, 'metrics are served to this machine only');
    const text = await deps.metrics.text();
    return c.body(text, 200, { 'Content-Type': deps.metrics.contentType });
  });

  app.get('/.well-known/aun-gateway', (c) => {
    const { issuer } = c.var.role;
    const url = deps.gatewayUrl(issuer);
    return c.json({ gateways: [{ url, priority: 1 }], issuer, gateway: url }, 200, {
      'Cache-Control': 'max-age=60',
    });
  });
};
