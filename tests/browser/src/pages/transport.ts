import type { JsonValue } from 'aun-core';
import {
  createHttpClient,
  discoverGateways,
  type GatewayEntry,
  interruptibleSleep,
  openSocket,
  type PeerClose,
  parseDiscoveryDocument,
  platformWakeUp,
  preAuthCall,
  RpcPeer,
  responseText,
} from 'aun-transport';

export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** What a promise came to: its value or how it failed. */
export type Outcome<T> = { readonly value: T } | { readonly failure: Failure };

async function outcome<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await promise };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const retryable = 'retryable' in error && error.retryable === true;
    return { failure: { name: error.name, message: error.message, retryable } };
  }
}

export interface Conversation {
  readonly challenge: JsonValue;
  readonly answers: readonly Outcome<JsonValue>[];
  readonly events: readonly JsonValue[];
  readonly close: PeerClose;
}

/**
 * Waits for the challenge, calls every method at once, and hangs up when the answers are there, unless the server is to
 * do it.
 */
export async function converse(
  url: string,
  methods: readonly string[],
  whoCloses: 'page' | 'server' = 'page',
): Promise<Conversation> {
  const peer = new RpcPeer(await openSocket(url), { callTimeoutMs: 5_000 });
  const events: JsonValue[] = [];
  peer.on('event', ({ name, params }) => events.push({ name, params }));
  const challenge = await peer.challenge();
  const answers = await Promise.all(methods.map((method) => outcome(peer.call(method, { asked: method }))));
  if (whoCloses === 'page') peer.close();
  return { challenge, answers, events, close: await peer.closed };
}

/** A peer that gives up its socket; the server never gets to answer. */
export async function terminated(url: string): Promise<{ call: Outcome<JsonValue>; close: PeerClose }> {
  const peer = new RpcPeer(await openSocket(url));
  await peer.challenge();
  const call = outcome(peer.call('test.silence'));
  peer.terminate();
  return { call: await call, close: await peer.closed };
}

export function tryOpen(url: string, timeoutMs = 5_000): Promise<Outcome<string>> {
  return outcome(openSocket(url, { timeoutMs }).then(() => 'open'));
}

export function login(url: string): Promise<Outcome<JsonValue>> {
  return outcome(preAuthCall(url, 'auth.aid_login1', { aid: 'alice.example.test' }));
}

export interface Exchange {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly redirects?: number;
}

export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly text: string;
  readonly url: string;
}

export function request(exchange: Exchange): Promise<Outcome<Answer>> {
  const http = createHttpClient();
  return outcome(
    http.request(exchange).then((response) => ({
      status: response.status,
      etag: response.headers.etag ?? null,
      text: responseText(response),
      url: response.url,
    })),
  );
}

export function parseDocument(text: string): Promise<Outcome<readonly GatewayEntry[]>> {
  return outcome(Promise.resolve().then(() => parseDiscoveryDocument(text)));
}

export function discover(aid: string, port: number): Promise<Outcome<readonly GatewayEntry[]>> {
  return outcome(discoverGateways(aid, { http: createHttpClient(), port }));
}

/** Sleeps far beyond any test while the browser says that the network is back. */
export function wokenBy(event: 'online'): Promise<string> {
  const sleep = interruptibleSleep(3_600_000, { wakeUp: platformWakeUp });
  dispatchEvent(new Event(event));
  return sleep;
}
