import { type JsonObject, StateError } from 'aun-core';
import { parseCertificate } from 'aun-pki';
import { verifyCard } from '../agentmd/card-signature.js';
import { type AnyAid, signAgentMdOf, verifyAgentMdOf } from '../aid.js';
import type { AuthResult } from '../client/auth-result.js';
import { orThrow } from '../client/result-errors.js';
import { deprecated } from './deprecation.js';
import type { LegacyStore } from './store-registry.js';

export type AuthNamespacePorts<A extends AnyAid> = {
  readonly store: () => LegacyStore<A>;
  readonly currentAid: () => A;
  readonly authenticate: () => Promise<AuthResult>;
  readonly lookupPeer: (aid: string) => Promise<A>;
};

type Named = { aid: string };

/** `client.auth` of the 0.3 SDKs, over the store that made the current AID (07 §13). */
export class AuthNamespace<A extends AnyAid = AnyAid> {
  readonly #ports: AuthNamespacePorts<A>;

  constructor(ports: AuthNamespacePorts<A>) {
    this.#ports = ports;
  }

  async registerAid({ aid }: Named): Promise<{ registered: true }> {
    deprecated('client.auth.registerAid', 'AIDStore.register');
    return orThrow(await this.#ports.store().register(aid));
  }

  /** Removed in 0.3.4. @throws {StateError} always */
  async createAid(): Promise<never> {
    throw new StateError('client.auth.createAid was removed: use AIDStore.register');
  }

  async loadIdentity({ aid }: Named): Promise<A> {
    deprecated('client.auth.loadIdentity', 'AIDStore.load');
    const loaded = await this.#ports.store().loadAsync(aid);
    if (loaded.ok) return loaded.data.aid;
    throw new StateError(loaded.error.message, { data: { code: loaded.error.code } });
  }

  async loadIdentityOrNone({ aid }: Named): Promise<A | null> {
    deprecated('client.auth.loadIdentityOrNone', 'AIDStore.load');
    const loaded = await this.#ports.store().loadAsync(aid);
    return loaded.ok ? loaded.data.aid : null;
  }

  authenticate(): Promise<AuthResult> {
    deprecated('client.auth.authenticate', 'client.authenticate');
    return this.#ports.authenticate();
  }

  async fetchPeerCert({ aid }: Named): Promise<string> {
    deprecated('client.auth.fetchPeerCert', 'client.lookupPeer');
    return (await this.#ports.lookupPeer(aid)).certPem;
  }

  async downloadCert({ aid }: Named): Promise<string> {
    deprecated('client.auth.downloadCert', 'AIDStore.resolve');
    return orThrow(await this.#ports.store().resolve(aid, { skipAgentMd: true })).aid.certPem;
  }

  async requestCert({ aid }: Named): Promise<{ registered: true }> {
    deprecated('client.auth.requestCert', 'AIDStore.register');
    return orThrow(await this.#ports.store().register(aid));
  }

  async checkAid({ aid }: Named) {
    deprecated('client.auth.checkAid', 'AIDStore.diagnose');
    return orThrow(await this.#ports.store().diagnose(aid));
  }

  async renewCert() {
    deprecated('client.auth.renewCert', 'AIDStore.renewCert');
    return orThrow(await this.#ports.store().renewCert(this.#ports.currentAid().aid));
  }

  async rekey() {
    deprecated('client.auth.rekey', 'AIDStore.rekey');
    return orThrow(await this.#ports.store().rekey(this.#ports.currentAid().aid));
  }

  signAgentMd(content: string): string {
    deprecated('client.auth.signAgentMd', 'AID.signAgentMd');
    return orThrow(signAgentMdOf(this.#ports.currentAid(), content)).signed;
  }

  /** With `certPem` nobody is asked: the certificate is taken as it is. */
  async verifyAgentMd(content: string, { aid, certPem }: Named & { certPem?: string }) {
    deprecated('client.auth.verifyAgentMd', 'AID.verifyAgentMd');
    if (certPem === undefined) return orThrow(verifyAgentMdOf(await this.#ports.lookupPeer(aid), content));
    return orThrow(verifyCard(content, orThrow(parseCertificate(certPem)), aid));
  }

  async uploadAgentMd(content?: string) {
    deprecated('client.auth.uploadAgentMd', 'client.publishAgentMd');
    return orThrow(await this.#ports.store().uploadAgentMd(this.#ports.currentAid().aid, content));
  }

  async downloadAgentMd(aid: string) {
    deprecated('client.auth.downloadAgentMd', 'client.fetchAgentMd');
    return orThrow(await this.#ports.store().fetchAgentMd(aid));
  }

  async headAgentMd(aid: string) {
    deprecated('client.auth.headAgentMd', 'client.headAgentMd');
    return orThrow(await this.#ports.store().headAgentMd(aid));
  }
}

/** `client.meta` of the 0.3 SDKs. */
export class MetaNamespace {
  readonly #call: (method: string) => Promise<JsonObject>;

  constructor(call: (method: string) => Promise<JsonObject>) {
    this.#call = call;
  }

  ping(): Promise<JsonObject> {
    deprecated('client.meta.ping', "call('meta.ping')");
    return this.#call('meta.ping');
  }

  status(): Promise<JsonObject> {
    deprecated('client.meta.status', "call('meta.status')");
    return this.#call('meta.status');
  }

  trustRoots(): Promise<JsonObject> {
    deprecated('client.meta.trustRoots', "call('meta.trust_roots')");
    return this.#call('meta.trust_roots');
  }
}
