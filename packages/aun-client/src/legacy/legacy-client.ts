import { type JsonObject, StateError } from 'aun-core';
import { type AID, aidParts } from '../aid.js';
import type { AuthResult } from '../client/auth-result.js';
import { orThrow } from '../client/result-errors.js';
import type { RpcParams } from '../rpc/rpc-methods.js';
import type { AIDInfo } from '../store/types.js';
import { AuthNamespace, MetaNamespace } from './auth-namespace.js';
import { deprecated } from './deprecation.js';
import { type LegacyStore, storeOf } from './store-registry.js';

/** Names that programs written for older SDKs still use; each maps onto the present one (07 §13). */
export abstract class LegacyClient {
  abstract get currentAid(): AID | null;
  abstract authenticate(): Promise<AuthResult>;
  abstract lookupPeer(aid: string): Promise<AID>;
  protected abstract callAny(method: string, params?: RpcParams): Promise<JsonObject>;

  /** @deprecated use `AIDStore` and the methods of the client */
  readonly auth = new AuthNamespace({
    store: () => this.#store(),
    currentAid: () => this.#identity(),
    authenticate: () => this.authenticate(),
    lookupPeer: (aid) => this.lookupPeer(aid),
  });

  /** @deprecated use `call('meta.…')` */
  readonly meta = new MetaNamespace((method) => this.callAny(method));

  /** @deprecated use `call('meta.ping')` */
  ping(): Promise<JsonObject> {
    return this.#renamed('client.ping', 'meta.ping');
  }

  /** @deprecated use `call('meta.status')` */
  status(): Promise<JsonObject> {
    return this.#renamed('client.status', 'meta.status');
  }

  /** @deprecated use `call('meta.trust_roots')` */
  trustRoots(): Promise<JsonObject> {
    return this.#renamed('client.trustRoots', 'meta.trust_roots');
  }

  /** @deprecated use `call('message.send')` */
  sendV2(params: RpcParams): Promise<JsonObject> {
    return this.#renamed('client.sendV2', 'message.v2.send', params);
  }

  /** @deprecated use `call('message.pull')` */
  pullV2(params?: RpcParams): Promise<JsonObject> {
    return this.#renamed('client.pullV2', 'message.v2.pull', params);
  }

  /** @deprecated use `call('message.ack')` */
  ackV2(params?: RpcParams): Promise<JsonObject> {
    return this.#renamed('client.ackV2', 'message.v2.ack', params);
  }

  /** @deprecated use `AIDStore.list` */
  async listIdentities(): Promise<AIDInfo[]> {
    deprecated('client.listIdentities', 'AIDStore.list');
    return orThrow(await this.#store().listAsync()).identities;
  }

  #renamed(name: string, method: string, params?: RpcParams): Promise<JsonObject> {
    deprecated(name, `call('${method}')`);
    return this.callAny(method, params);
  }

  #identity(): AID {
    const aid = this.currentAid;
    if (aid === null) throw new StateError('no identity is loaded: call loadIdentity(aid) first');
    return aid;
  }

  #store(): LegacyStore {
    const store = storeOf(aidParts(this.#identity()).environment);
    if (store === null) throw new StateError('the store that made this AID is not known here');
    return store;
  }
}
