import { type KeyStore, KeyStoreError, NetworkError, type Result } from 'aun-core';
import { GatewayDiscovery, type HttpClient } from 'aun-transport';
import type { AnyAid } from '../../src/aid.js';
import type { Environment } from '../../src/environment.js';
import { nodeEnvironment } from '../../src/node/environment.js';
import { isSyncKeyStore } from '../../src/store/key-store-ports.js';
import { loadIdentitySync } from '../../src/store/loader.js';
import { type AIDStoreOptions, parseStoreOptions } from '../../src/store/options.js';
import { StoreOperations } from '../../src/store/store-operations.js';
import { CertificateVerifier } from '../../src/trust/certificate-verifier.js';
import { PkiClient } from '../../src/trust/pki-client.js';

/** `refused`: the step does not happen; `lost`: it happens and its answer is lost; `dead`: so does all that follows. */
export const FAULTS = ['refused', 'lost', 'dead'] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Counts the steps of a procedure and breaks one of them. */
export class Faults {
  readonly steps: string[] = [];
  readonly #at: number;
  readonly #kind: FaultKind;

  constructor(at = -1, kind: FaultKind = 'refused') {
    this.#at = at;
    this.#kind = kind;
  }

  async step<T>(name: string, error: (message: string) => Error, work: () => Promise<T>): Promise<T> {
    const index = this.steps.push(name) - 1;
    const hit = index === this.#at;
    const gone = this.#kind === 'dead' && this.#at >= 0 && index > this.#at;
    if ((hit && this.#kind === 'refused') || gone) throw error(`broken: ${name}`);
    const value = await work();
    if (hit) throw error(`answer lost: ${name}`);
    return value;
  }
}

const diskError = (message: string): Error => new KeyStoreError('io', message);
const netError = (message: string): Error => new NetworkError(message);

/** Every asynchronous operation of the key store is a step. */
const faultyKeys = <K extends KeyStore>(keys: K, faults: Faults): K =>
  new Proxy(keys, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      const call = (...args: unknown[]): unknown => member.apply(target, args);
      if (String(property).endsWith('Sync') || property === 'close') return call;
      return (...args: unknown[]) =>
        faults.step(`keys.${String(property)}`, diskError, async () => call(...args));
    },
  });

const faultyHttp = (http: HttpClient, faults: Faults): HttpClient => ({
  request: (request) =>
    faults.step(
      `${request.method ?? 'GET'} ${new URL(request.url).pathname.replace(/[^/]*localhost.*/, '…')}`,
      netError,
      () => http.request(request),
    ),
  close: () => http.close(),
});

export type FaultyStore = {
  readonly operations: StoreOperations;
  readonly environment: Environment;
  readonly load: (aid: string) => Result<AnyAid>;
  readonly pending: (aid: string) => Promise<number>;
  readonly close: () => void;
};

/** A store whose disk and network break where `faults` says. */
export const faultyStore = (options: AIDStoreOptions, faults = new Faults()): FaultyStore => {
  const settings = parseStoreOptions(options, undefined);
  const { environment: real, keys, closeKeys } = nodeEnvironment(settings, options.logger);
  if (!isSyncKeyStore(keys)) throw new Error('the key store on files answers on the spot');
  const http = faultyHttp(real.http, faults);
  const { clock, logger, anchors, verifySsl, discoveryPort } = real;
  const pki = new PkiClient(http, clock);
  const environment: Environment = {
    ...real,
    http,
    pki,
    verifier: new CertificateVerifier(pki, anchors, clock, logger),
    discovery: new GatewayDiscovery({ http, verifySsl, port: discoveryPort, clock, logger }),
    preAuth: (url, method, params) => faults.step(method, netError, () => real.preAuth(url, method, params)),
  };
  const load = (aid: string, how = {}): Result<AnyAid> => loadIdentitySync(aid, keys, environment, how);
  return {
    operations: new StoreOperations(environment, faultyKeys(keys, faults), async (aid, how) =>
      load(aid, how),
    ),
    environment,
    load,
    pending: async (aid) => (await keys.listPending(aid)).length,
    close: () => {
      real.http.close();
      closeKeys();
    },
  };
};
