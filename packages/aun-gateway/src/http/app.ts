import { Hono } from 'hono';
import { agentMdRoutes } from './agent-md-routes.js';
import { agentMdSync } from './agent-md-sync.js';
import { clientAddress } from './client-address.js';
import { openCors } from './cors.js';
import type { HttpDeps } from './deps.js';
import type { HttpApp, HttpEnv } from './env.js';
import { createHostRoles } from './host-role.js';
import { pkiRoutes } from './pki-routes.js';
import { errorReply, notFound } from './reply.js';
import { serviceRoutes } from './service-routes.js';

/** All HTTP endpoints of the gateway; host name and path choose the role. */
export const createHttpApp = (deps: HttpDeps): HttpApp => {
  const app = new Hono<HttpEnv>();
  const roles = createHostRoles(
    deps.authorities.all.map(({ issuer }) => issuer),
    deps.authorities.first.issuer,
  );
  app.use(openCors());
  app.use(async (c, next) => {
    c.set('role', roles(c.req.header('host')));
    c.set('address', clientAddress(c.env.incoming, deps.config.listen.trustProxy));
    await next();
  });
  serviceRoutes(app, deps);
  pkiRoutes(app, deps);
  agentMdRoutes(app, deps);
  agentMdSync(app, deps);
  app.notFound(notFound);
  app.onError((error, c) => {
    deps.log.error('http request failed', { path: c.req.path, error });
    return errorReply(c, 500, 'internal error');
  });
  return app;
};
