import { cp } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Agent, type Network, openClient, openStore } from './agent.js';
import type { Scope } from './scope.js';

/** The same agent on another device: its identity was copied, its device id and its state were not. */
export const secondDevice = async (scope: Scope, network: Network, agent: Agent): Promise<Agent> => {
  const folder = await scope.folder();
  const isIdentity = (path: string) => !/^(\.device_id|aun\.db.*)$/.test(basename(path));
  await cp(agent.folder, folder, { recursive: true, filter: isIdentity });
  const store = openStore(scope, network, folder);
  return { aid: agent.aid, folder, store, ...openClient(scope, store, agent.aid) };
};
