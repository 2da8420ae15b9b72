import { normalizeGroupId, type PrekeyRecord, type RandomBytes } from 'aun-core';
import { base64Encode, PrivateKey, signRaw } from 'aun-crypto';
import { KeySource } from './constants.js';
import { keyIdOf, prekeySignData } from './spki.js';

/** A new prekey of one device: what to store, and what to publish (03 §3). */
export interface SignedPrekey {
  readonly record: PrekeyRecord;
  readonly registration: PrekeyRegistration;
}

/** Params of `message.v2.put_peer_pk` / `group.v2.put_group_pk` without device, slot and client signature. */
export type PrekeyParams = {
  readonly key_source: 'peer_device_prekey' | 'group_device_prekey';
  readonly spk_id: string;
  readonly spk_pk: string;
  readonly spk_signature: string;
  /** Unix *seconds*. */
  readonly spk_timestamp: number;
  readonly peer_aid?: string;
  readonly group_id?: string;
  readonly group_aid?: string;
};

/** One upload to make; report its success with `E2EESession.markUploaded`. */
export interface PrekeyRegistration {
  readonly method: 'message.v2.put_peer_pk' | 'group.v2.put_group_pk';
  readonly params: PrekeyParams;
  /** `""` for P2P prekeys. */
  readonly groupId: string;
  readonly spkId: string;
}

export interface PrekeyOwner {
  readonly aid: string;
  readonly identityKey: PrivateKey;
}

export interface PrekeyOptions {
  /** Any spelling; absent or `""` for a P2P prekey. */
  readonly groupId?: string;
  /** Unix ms. */
  readonly now: number;
  readonly random?: RandomBytes | undefined;
  /** RFC 6979 signature; default: only with an injected `random`. */
  readonly deterministic?: boolean | undefined;
}

/** Makes a prekey and signs it with the identity key (03 §3.1). */
export function createSignedPrekey(owner: PrekeyOwner, options: PrekeyOptions): SignedPrekey {
  const { random, now } = options;
  const key = random === undefined ? PrivateKey.generate() : PrivateKey.fromScalar(random(32));
  const spki = key.publicKey.spki;
  const record: PrekeyRecord = {
    spkId: keyIdOf(spki),
    groupId: normalizeGroupId(options.groupId ?? ''),
    privateScalar: key.toScalar(),
    publicSpki: spki,
    createdAt: now,
  };
  return { record, registration: prekeyRegistration(owner, record, options) };
}

/** The upload of a stored prekey, freshly signed: P2P for an empty group id, else for the group (03 §3.2, §3.3). */
export function prekeyRegistration(
  owner: PrekeyOwner,
  prekey: Pick<PrekeyRecord, 'groupId' | 'spkId' | 'publicSpki'>,
  options: Omit<PrekeyOptions, 'groupId'>,
): PrekeyRegistration {
  const { spkId, publicSpki } = prekey;
  const groupId = normalizeGroupId(prekey.groupId);
  const seconds = Math.floor(options.now / 1000);
  const signed = prekeySignData(publicSpki, spkId, String(seconds));
  const { deterministic = options.random !== undefined } = options;
  const signature = signRaw(owner.identityKey, signed, { deterministic });
  const common = {
    spk_id: spkId,
    spk_pk: base64Encode(publicSpki),
    spk_signature: base64Encode(signature),
    spk_timestamp: seconds,
  };
  if (groupId === '') {
    const params = { peer_aid: owner.aid, key_source: KeySource.peerDevicePrekey, ...common };
    return { method: 'message.v2.put_peer_pk', params, groupId, spkId };
  }
  const group = { group_id: groupId, group_aid: groupId };
  const params = { ...group, key_source: KeySource.groupDevicePrekey, ...common };
  return { method: 'group.v2.put_group_pk', params, groupId, spkId };
}
