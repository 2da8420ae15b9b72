import type { GatewayCore } from './gateway-core.js';
import type { HttpApp } from './http/env.js';
import { createHostRoles, issuerOfServerName } from './http/host-role.js';
import { createPlainServer, createTlsServer, type Listener, listen } from './http/listeners.js';

export interface OpenListeners {
  readonly ports: {
    readonly tls: number;
    readonly https: number | undefined;
    readonly http: number | undefined;
  };
  close(graceMs: number): Promise<void>;
}

/** Opens the configured ports; when one fails, the others are closed again. */
export const openGatewayListeners = async (core: GatewayCore, app: HttpApp): Promise<OpenListeners> => {
  const { config, edge, log, office } = core;
  const { host, httpPort, httpsPort, maxConnections, moreHosts, port } = config.listen;
  const roles = createHostRoles(config.issuers, office.authorities.first.issuer);
  const common = {
    app,
    log,
    maxConnections,
    upgrade: edge.handleUpgrade.bind(edge),
  };
  const tlsServer = () =>
    createTlsServer({
      ...common,
      identities: office.tls,
      issuerFor: (serverName) => issuerOfServerName(roles, serverName),
    });
  const open: Listener[] = [];
  const openOne = async (listening: Promise<Listener>): Promise<number> => {
    const listener = await listening;
    open.push(listener);
    return listener.port;
  };
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all(open.map((listener) => listener.close(graceMs)));
  };
  try {
    const tls = await openOne(listen(tlsServer(), host, port));
    const https = httpsPort === undefined ? undefined : await openOne(listen(tlsServer(), host, httpsPort));
    const plain =
      httpPort === undefined ? undefined : await openOne(listen(createPlainServer(common), host, httpPort));
    for (const other of moreHosts) {
      await openOne(listen(tlsServer(), other, tls));
      if (https !== undefined) await openOne(listen(tlsServer(), other, https));
      if (plain !== undefined) await openOne(listen(createPlainServer(common), other, plain));
    }
    return { ports: { tls, https, http: plain }, close };
  } catch (error) {
    await close(0);
    throw error;
  }
};
