import type { Area } from '../lib/types.js';
import { core } from './core.js';
import { crypto } from './crypto.js';
import { e2ee } from './e2ee.js';

/** An area with disk and sockets: its code is loaded only where it can run, not on the backend for browsers. */
const onNode = (name: string, load: () => Promise<Area['setup']>): Area => ({
  name,
  backends: ['node'],
  setup: async (backend) => (await load())(backend),
});

/** In the order of the table. A new area is a file here and a line in this list. */
export const areas: readonly Area[] = [
  core,
  crypto,
  e2ee,
  onNode('keystore', async () => (await import('./keystore.js')).keystore),
  onNode('transport', async () => (await import('./transport.js')).transport),
  onNode('gateway', async () => (await import('./gateway.js')).gateway),
  onNode('client', async () => (await import('./client.js')).client),
];
