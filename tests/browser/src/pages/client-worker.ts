import { Agent, type Network } from './client-agent.js';

let agent: Agent | null = null;

/** What a page may ask an agent in a module worker. */
const methods: Record<string, (running: Agent, ...args: string[]) => unknown> = {
  register: (running, aid = '') => running.register(aid),
  load: (running, aid = '') => running.load(aid),
  connect: (running, slot = '') => running.connect({ slot_id: slot }),
  send: (running, to = '', text = '') => running.send(to, text),
  heard: (running) => running.heard,
  close: (running) => running.close(),
};

const answer = async ([method, ...args]: [string, ...unknown[]]): Promise<unknown> => {
  if (method === 'open') {
    agent = new Agent(args[0] as Network);
    return 'window' in globalThis ? 'a page' : 'a worker';
  }
  const run = methods[method];
  if (agent === null || run === undefined) throw new Error(`cannot ${method}`);
  return run(agent, ...(args as string[]));
};

globalThis.onmessage = async ({ data }: MessageEvent<[string, ...unknown[]]>) => {
  try {
    globalThis.postMessage({ value: await answer(data) });
  } catch (error) {
    globalThis.postMessage({ error: String(error) });
  }
};
