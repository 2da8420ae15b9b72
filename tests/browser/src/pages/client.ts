import { AIDStore, getDeviceId } from 'aun-client';
import { Agent, type Heard, type Network } from './client-agent.js';

let agent: Agent | null = null;
const current = (): Agent => {
  if (agent === null) throw new Error('open a network first');
  return agent;
};

export const open = (network: Network): void => {
  agent = new Agent(network);
};
export const register = (aid: string): Promise<string> => current().register(aid);
export const registerTwiceAtOnce = (aid: string): Promise<string[]> =>
  Promise.all([current().register(aid), current().register(aid)]);
export const load: Agent['load'] = (aid) => current().load(aid);
export const connect: Agent['connect'] = (options) => current().connect(options);
export const send: Agent['send'] = (to, text, durable) => current().send(to, text, durable);
/** Begins every send before any has ended. */
export const sendAll = (to: string, texts: readonly string[]): Promise<string[]> =>
  Promise.all(texts.map((text) => current().send(to, text)));
export const publish: Agent['publish'] = (card) => current().publish(card);
export const close = (): Promise<void> => current().close();
export const deviceId = async (): Promise<string> => getDeviceId();

export const heard = (): readonly Heard[] => current().heard;
export const events = (): readonly string[] => current().events;
export const state = (): string => current().client.state;
export const listed = async (): Promise<string[]> => (await current().list()).map(({ aid }) => aid);
export const disconnect = (): Promise<void> => current().client.disconnect();

/** Certificate and card of somebody else, as an application shows them. */
export const lookUp = async (aid: string): Promise<{ canSign: boolean; card: string }> => {
  const resolved = await current().store.resolve(aid);
  if (!resolved.ok) throw new Error(resolved.error.code);
  return { canSign: resolved.data.aid.isPrivateKeyValid(), card: resolved.data.agent_md?.content ?? '' };
};

const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }): string =>
  result.ok ? 'ok' : result.error.code;

/** Codes where nothing can be stored. */
export const refusals = async (aid: string): Promise<Record<string, string>> => {
  const { store } = current();
  return {
    load: codeOf(await store.load(aid)),
    list: codeOf(await store.list()),
    changeSeed: codeOf(await store.changeSeed('a seed', 'another')),
    rekey: codeOf(await store.rekey(aid)),
    exists: codeOf(await store.exists(aid)),
    diagnose: codeOf(await store.diagnose(aid)),
  };
};

/** Codes of what may fail, and of what never may. */
export const codes = async (aid: string): Promise<Record<string, string>> => {
  const { store } = current();
  return {
    'load of a stranger': codeOf(await store.load('nobody.aun.localhost')),
    'wrong name': codeOf(await store.register('Not A Name')),
    'exists, not': codeOf(await store.exists(`zz${aid}`)),
    'wrong seed': codeOf(await store.changeSeed('not the seed', 'another')),
    'same seed': codeOf(await store.changeSeed('a seed', 'a seed')),
    'new seed': codeOf(await store.changeSeed('a seed', 'b seed')),
    'with it': codeOf(await store.load(aid)),
    'and back': codeOf(await store.changeSeed('b seed', 'a seed')),
    renewed: codeOf(await store.renewCert(aid)),
    rekeyed: codeOf(await store.rekey(aid)),
    'rekeyed at once, twice': (await Promise.all([store.rekey(aid), store.rekey(aid)])).map(codeOf).join(),
    after: codeOf(await store.load(aid)),
    diagnosed: codeOf(await store.diagnose(aid)),
    trust: codeOf(await store.trust.verify('{}')),
  };
};

/** What the constructor says about an option that only Node has. */
export const refusedOption = (): string => {
  try {
    new AIDStore({ aunPath: '', encryptionSeed: '', rootCaPath: '/etc/ca.pem' });
    return 'taken';
  } catch (error) {
    return String(error);
  }
};

/** Answers of an agent that lives in a worker: `[method, ...args]` in, its result out. */
let worker: Worker | null = null;
export function inWorker(method: string, ...args: unknown[]): Promise<unknown> {
  worker ??= new Worker('/client-worker/module.js', { type: 'module' });
  const asked = worker;
  return new Promise((resolve, reject) => {
    asked.onmessage = ({ data }: MessageEvent<{ value?: unknown; error?: string }>) =>
      data.error === undefined ? resolve(data.value) : reject(new Error(data.error));
    asked.onerror = (event) => reject(new Error(event.message));
    asked.postMessage([method, ...args]);
  });
}
