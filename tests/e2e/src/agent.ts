import { randomBytes } from 'node:crypto';
import { AIDStore, type AIDStoreOptions, AUNClient, type Result, type SendResult } from 'aun-client';
import { Inbox } from './inbox.js';
import type { Scope } from './scope.js';

/** Where agents find their network. */
export interface Network {
  readonly issuer: string;
  readonly port: number;
  readonly rootCaPath: string;
}

/** A name nobody has had before. */
export const freshAid = (network: Pick<Network, 'issuer'>, name = 'agent'): string =>
  `${name}-${randomBytes(4).toString('hex')}.${network.issuer}`;

export const unwrap = <T>(result: Result<T>): T => {
  if (result.ok) return result.data;
  throw new Error(`${result.error.code}: ${result.error.message}`, { cause: result.error.cause });
};

/** A keystore folder opened with TLS verification on. */
export const openStore = (
  scope: Scope,
  network: Network,
  folder: string,
  options: Partial<AIDStoreOptions> = {},
): AIDStore => {
  const store = new AIDStore({
    aunPath: folder,
    encryptionSeed: 'a seed of its own',
    rootCaPath: network.rootCaPath,
    discoveryPort: network.port,
    verifySsl: true,
    ...options,
  });
  scope.defer(() => store.close());
  return store;
};

export interface Agent {
  readonly aid: string;
  readonly folder: string;
  readonly store: AIDStore;
  readonly client: AUNClient;
  readonly inbox: Inbox;
}

/** A client for an identity that lies in the store's folder. */
export const openClient = (scope: Scope, store: AIDStore, aid: string) => {
  const client = new AUNClient(unwrap(store.load(aid)).aid);
  scope.defer(() => client.close());
  return { client, inbox: new Inbox(client) };
};

/** Registers a fresh identity in a folder of its own; not connected yet. */
export const newAgent = async (scope: Scope, network: Network, name = 'agent'): Promise<Agent> => {
  const folder = await scope.folder();
  const aid = freshAid(network, name);
  const store = openStore(scope, network, folder);
  unwrap(await store.register(aid));
  return { aid, folder, store, ...openClient(scope, store, aid) };
};

/** An agent on a second device: a folder of its own with the identity of the first. */
export const connected = async (scope: Scope, network: Network, name = 'agent'): Promise<Agent> => {
  const agent = await newAgent(scope, network, name);
  await agent.client.connect();
  return agent;
};

/** Sends a text encrypted. */
export const say = (
  from: Pick<Agent, 'client'>,
  to: Pick<Agent, 'aid'>,
  text: string,
  messageId?: string,
): Promise<SendResult> =>
  from.client.call('message.send', {
    to: to.aid,
    payload: { type: 'text', text },
    ...(messageId === undefined ? {} : { message_id: messageId }),
  });
