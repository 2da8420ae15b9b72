import { type JsonObject, StateError } from 'aun-core';
import { type AnyAid, aidParts } from '../aid.js';
import type { AuthResult } from '../client/auth-result.js';
import { orThrow } from '../client/result-errors.js';
import type { E2eeFacade } from '../facades/e2ee-facade.js';
import type { RpcParams } from '../rpc/rpc-methods.js';
import type { AIDInfo } from '../store/types.js';
import { AuthNamespace, MetaNamespace } from './auth-namespace.js';
import { deprecated } from './deprecation.js';
import { type LegacyStore, storeOf } from './store-registry.js';

/** Names that programs written for older SDKs still use; each maps onto the present one (07 §13). */
export abstract class LegacyClient<A extends AnyAid = AnyAid> {
  abstract readonly e2ee: Pick<E2eeFacade, 'initV2Session'>;
  abstract get currentAid(): A | null;
  abstract authenticate(): Promise<AuthResult>;
  abstract lookupPeer(aid: string): Promise<A>;
  protected abstract callAny(method: string, params?: RpcParams): Promise<JsonObject>;

  /** What the client was made with when that has no key: where it lies is remembered (07 §5.1). */
  readonly #keyless: A | null;

  constructor(aid: A | null) {
    this.#keyless = aid?.isPrivateKeyValid() === false ? aid : null;
  }

  /** @deprecated use `AIDStore` and the methods of the client */
  readonly auth = new AuthNamespace<A>({
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

  /** @deprecated `connect()` prepares encryption */
  initV2Session(): Promise<void> {
    deprecated('client.initV2Session', 'client.connect');
    return this.e2ee.initV2Session();
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

  #identity(): A {
    const aid = this.currentAid;
    if (aid === null) throw new StateError('no identity is loaded: call loadIdentity(aid) first');
    return aid;
  }

  #store(): LegacyStore<A> {
    const aid = this.currentAid ?? this.#keyless ?? this.#identity();
    const store = storeOf(aidParts(aid).environment);
    if (store === null) throw new StateError('the store that made this AID is not known here');
    // The environment is of one platform, and so is everything made in it.
    return store as LegacyStore<A>;
  }
}
