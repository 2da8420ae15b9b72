export { CustodyError } from './ca/custody/custody-error.js';
export { ConfigError, type ConfigSources, loadConfig } from './config/load.js';
export type { GatewayConfig, GatewayConfigInput } from './config/schema.js';
export { DataFolderError } from './data-folder.js';
export { createGateway, type Gateway, type GatewayOptions } from './gateway.js';
export { ListenError } from './http/listen-error.js';
export type { GatewayLogs } from './logging.js';
export { version } from './version.js';
