import {
  type Clock,
  E2EEError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ValidationError,
} from 'aun-core';
import type { PublicKey } from 'aun-crypto';
import {
  bootstrapAids,
  buildP2PTargets,
  p2pBootstrapParams,
  type RecipientCache,
  type TargetSet,
} from 'aun-e2ee';
import type { PeerCertificates } from '../peers/peer-certificates.js';
import type { RpcCaller } from '../rpc/signed-caller.js';
import { TimedCache } from '../trust/timed-cache.js';

const TTL_MS = 60 * 60 * 1_000;

export type BootstrapPorts = {
  readonly aid: string;
  readonly deviceId: string;
  readonly ownKey: PublicKey;
  readonly call: RpcCaller;
  readonly peers: Pick<PeerCertificates, 'get' | 'offer'>;
  readonly recipients: RecipientCache;
  readonly clock: Clock;
};

/** Verified recipients per peer, from bootstraps that are kept for an hour (03 §4.4-4.6). */
export class Bootstraps {
  readonly #ports: BootstrapPorts;
  readonly #answers: TimedCache<JsonObject>;
  readonly #targets: TimedCache<TargetSet>;

  constructor(ports: BootstrapPorts) {
    this.#ports = ports;
    this.#answers = new TimedCache(ports.clock, TTL_MS);
    this.#targets = new TimedCache(ports.clock, TTL_MS);
  }

  /**
   * The recipients of a message to `to`, every identity key checked against its owner's verified certificate.
   * @throws {E2EEError} when there is nobody to encrypt to or a row is refused; errors of the network and the server
   */
  targets(to: string): Promise<TargetSet> {
    return this.#targets.get(to, () => this.#build(to));
  }

  /** Forgets one peer, or everything. */
  invalidate(peerAid?: string): void {
    if (peerAid === undefined) {
      this.#answers.clear();
      this.#targets.clear();
      return;
    }
    this.#answers.delete(peerAid);
    this.#targets.delete(peerAid);
  }

  async #build(to: string): Promise<TargetSet> {
    const { aid } = this.#ports;
    const [bootstrap, selfBootstrap] = await Promise.all([
      this.#answer(to),
      // Own devices that cannot be listed just miss their copy (03 §4.4).
      to === aid ? undefined : this.#answer(aid).catch(() => undefined),
    ]);
    const first = await this.#verify(to, bootstrap, selfBootstrap, false);
    if (first.ok) return first.data;
    // The peer may have re-keyed since its certificate was cached.
    const verdict =
      first.error.code === 'spk_ik_mismatch' ? await this.#verify(to, bootstrap, selfBootstrap, true) : first;
    if (verdict.ok) return verdict.data;
    this.#answers.delete(to);
    throw new E2EEError(verdict.error.message, { localCode: verdict.error.code, data: { to } });
  }

  async #verify(to: string, bootstrap: JsonObject, selfBootstrap: JsonObject | undefined, fresh: boolean) {
    const { aid, deviceId, recipients } = this.#ports;
    const hasDevices = Array.isArray(bootstrap.peer_devices) && bootstrap.peer_devices.length > 0;
    // Without devices there is nobody to encrypt to, whatever the certificate says.
    const owners = new Set([...(hasDevices ? [to] : []), ...bootstrapAids(bootstrap)]);
    const keys = new Map<string, PublicKey>([[aid, this.#ports.ownKey]]);
    await Promise.all(
      [...owners]
        .filter((owner) => owner !== aid)
        .map(async (owner) => {
          keys.set(owner, await this.#trustedKey(owner, bootstrap.certs, fresh));
        }),
    );
    return buildP2PTargets({
      selfAid: aid,
      selfDeviceId: deviceId,
      to,
      bootstrap,
      ...(selfBootstrap === undefined ? {} : { selfBootstrap }),
      trustedKey: (owner) => keys.get(owner),
      cache: recipients,
    });
  }

  async #trustedKey(owner: string, certs: JsonValue | undefined, fresh: boolean): Promise<PublicKey> {
    if (!fresh) await this.#ports.peers.offer(certs, owner);
    const certificate = await this.#ports.peers.get({ aid: owner, fresh });
    return certificate.publicKey;
  }

  #answer(peerAid: string): Promise<JsonObject> {
    return this.#answers.get(peerAid, async () => {
      const answer = await this.#ports.call('message.v2.bootstrap', p2pBootstrapParams(peerAid));
      if (isJsonObject(answer)) return answer;
      throw new ValidationError('message.v2.bootstrap answered with something that is no object');
    });
  }
}
