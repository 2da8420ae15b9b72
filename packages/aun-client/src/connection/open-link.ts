import { AuthError, type Clock, CloseCode, type JsonObject, type Logger } from 'aun-core';
import { type NetworkOptions, openSocket, type RpcObserver, RpcPeer, type SocketOpener } from 'aun-transport';
import type { TokenChain } from '../session/token-chain.js';
import type { ConnectionSettings } from './connect-options.js';
import { checkHandshake, handshakeParams, isCredentialError } from './handshake.js';
import type { Inbound, Link, LinkEnd } from './link.js';

export type OpenLinkPorts = {
  readonly deviceId: string;
  readonly slotId: string;
  readonly tokens: Pick<TokenChain, 'obtain' | 'login'>;
  readonly network: NetworkOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: RpcObserver;
  readonly openSocket?: SocketOpener;
};

/** Opens one socket, proves who we are and hands over a usable link (02 §4, 01 §10). */
export const openLink = async (
  gatewayUrl: string,
  settings: ConnectionSettings,
  ports: OpenLinkPorts,
  signal: AbortSignal,
): Promise<Link> => {
  const socket = await (ports.openSocket ?? openSocket)(gatewayUrl, {
    ...ports.network,
    timeoutMs: settings.connectTimeoutMs,
    clock: ports.clock,
    signal,
  });
  const peer = new RpcPeer(socket, {
    clock: ports.clock,
    logger: ports.logger,
    observer: ports.observer,
    callTimeoutMs: settings.callTimeoutMs,
  });
  const inbox = new Inbox(peer);
  try {
    const handshake = await authenticate(peer, settings, ports, signal);
    return new PeerLink(gatewayUrl, handshake, peer, inbox, ports.clock.now());
  } catch (error) {
    peer.close();
    throw error;
  }
};

/** Tries the cached token, a refreshed one, and a fresh login on the same socket (01 §10). */
const authenticate = async (
  peer: RpcPeer,
  settings: ConnectionSettings,
  ports: OpenLinkPorts,
  signal: AbortSignal,
): Promise<JsonObject> => {
  const challenge = await peer.challenge({ timeoutMs: settings.connectTimeoutMs, signal });
  const nonce = challenge?.nonce;
  if (typeof nonce !== 'string' || nonce === '') throw new AuthError('gateway challenge missing nonce');
  const { deviceId, slotId } = ports;
  const attempt = async (token: string): Promise<JsonObject> => {
    const params = handshakeParams({ nonce, token, deviceId, slotId, settings });
    return checkHandshake(
      await peer.call('auth.connect', params, { timeoutMs: settings.callTimeoutMs, signal }),
    );
  };
  let obtained = await ports.tokens.obtain();
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt(obtained.tokens.accessToken);
    } catch (error) {
      if (!isCredentialError(error) || obtained.source === 'login') throw error;
      ports.logger.debug('access token refused', { source: obtained.source });
      obtained =
        obtained.source === 'cached'
          ? await ports.tokens.obtain(obtained.tokens.accessToken)
          : await ports.tokens.login();
    }
  }
};

/** Frames kept for a listener that is not there yet. */
const MAX_WAITING = 1_000;

/**
 * Keeps what arrives until somebody listens, so that no early push is lost. What a gateway sends beyond the limit is
 * dropped: messages among it are pulled later.
 */
class Inbox {
  #waiting: Inbound[] = [];
  #deliver: ((frame: Inbound) => void) | null = null;

  constructor(peer: RpcPeer) {
    peer.on('event', (event) => this.#take({ kind: 'event', ...event }));
    peer.on('notification', (frame) => this.#take({ kind: 'notification', frame }));
    peer.on('challenge', (params) => this.#take({ kind: 'challenge', params }));
    peer.on('error', (error) => this.#take({ kind: 'error', error }));
  }

  start(deliver: (frame: Inbound) => void): void {
    this.#deliver = deliver;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const frame of waiting) deliver(frame);
  }

  #take(frame: Inbound): void {
    if (this.#deliver !== null) this.#deliver(frame);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(frame);
  }
}

class PeerLink implements Link {
  readonly gatewayUrl: string;
  readonly handshake: JsonObject;
  readonly openedAt: number;
  readonly ended: Promise<LinkEnd>;
  readonly #peer: RpcPeer;
  readonly #inbox: Inbox;
  #end: LinkEnd | null = null;

  constructor(gatewayUrl: string, handshake: JsonObject, peer: RpcPeer, inbox: Inbox, openedAt: number) {
    this.gatewayUrl = gatewayUrl;
    this.handshake = handshake;
    this.openedAt = openedAt;
    this.#peer = peer;
    this.#inbox = inbox;
    this.ended = peer.closed.then(({ code, reason }) => ({ code, reason }));
    peer.on('close', ({ code, reason }) => {
      this.#end = { code, reason };
    });
  }

  get end(): LinkEnd | null {
    if (this.#end !== null || this.#peer.isOpen) return this.#end;
    return { code: CloseCode.abnormal, reason: 'dropped' };
  }

  call: Link['call'] = (method, params, options) => this.#peer.call(method, params, options);

  notify: Link['notify'] = (method, params) => this.#peer.notify(method, params);

  start(onInbound: (frame: Inbound) => void): void {
    this.#inbox.start(onInbound);
  }

  async close(): Promise<void> {
    this.#peer.close();
    await this.ended;
  }

  terminate(): void {
    this.#peer.terminate();
  }
}
