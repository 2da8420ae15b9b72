import { canonicalJson, type JsonObject } from 'aun-core';
import { base64Decode, base64Encode, hexDecode, PrivateKey, signRaw, utf8Encode } from 'aun-crypto';
import {
  createSignedPrekey,
  type EncryptOptions,
  type Envelope,
  encryptGroup,
  encryptP2P,
  type OpenKeys,
  recipientsDigest,
  signInput,
  type Target,
} from '../src/index.js';

/** A device with its keys, as its owner sees it. */
export interface Device {
  readonly aid: string;
  readonly deviceId: string;
  readonly identityKey: PrivateKey;
  readonly prekey: PrivateKey;
  readonly prekeyId: string;
  /** Its bootstrap row with a group or device prekey. */
  readonly row: JsonObject;
}

export const NOW = 1_767_225_600_000;

export function makeDevice(
  aid: string,
  deviceId: string,
  identityKey = PrivateKey.generate(),
  groupId = '',
): Device {
  const { record, registration } = createSignedPrekey({ aid, identityKey }, { now: NOW, groupId });
  const { key_source, spk_id, spk_pk, spk_signature, spk_timestamp } = registration.params;
  return {
    aid,
    deviceId,
    identityKey,
    prekey: PrivateKey.fromScalar(record.privateScalar),
    prekeyId: record.spkId,
    row: {
      aid,
      device_id: deviceId,
      ik_pk: base64Encode(identityKey.publicKey.spki),
      ik_fp: identityKey.publicKey.keyId(),
      ...{ key_source, spk_id, spk_pk, spk_signature, spk_timestamp },
    },
  };
}

export const targetFor = (
  device: Device,
  role: Target['role'],
  protocol: '1DH' | '3DH',
  keySource = 'peer_device_prekey',
): Target => ({
  aid: device.aid,
  deviceId: device.deviceId,
  role,
  keySource,
  identityKey: device.identityKey.publicKey,
  prekey: protocol === '3DH' ? device.prekey.publicKey : null,
  prekeyId: protocol === '3DH' ? device.prekeyId : '',
});

export const ivo = makeDevice('ivo.agents.example', 'laptop-3f');
export const ivoServer = makeDevice('ivo.agents.example', 'srv-a', ivo.identityKey);
export const noor = makeDevice('noor.agents.example', 'phone-91');
export const auditor = makeDevice('audit-desk.agents.example', 'kiosk');
export const GROUP = 'crew.agents.example';

/** A copy that tests may change at will. */
export type Mutable = { [key: string]: unknown };
export const mutable = (envelope: unknown): Mutable => structuredClone(envelope) as Mutable;

export function p2pEnvelope(
  payload: JsonObject = { type: 'text', text: 'hi' },
  options: EncryptOptions = {},
): Envelope {
  const message = {
    sender: ivo,
    targets: [targetFor(noor, 'peer', '3DH'), targetFor(ivoServer, 'self_sync', '1DH')],
    auditTargets: [targetFor(auditor, 'audit', '3DH')],
    payload,
    timestamp: NOW,
    protectedHeaders: { 'trace-id': 't-1' },
    context: { type: 'run', id: 'r-1' },
  };
  return encryptP2P(message, options);
}

export function groupEnvelope(): Envelope {
  return encryptGroup({
    sender: ivo,
    targets: [targetFor(noor, 'member', '3DH', 'group_device_prekey')],
    payload: { type: 'text', text: 'all hands' },
    timestamp: NOW,
    groupId: GROUP,
    epoch: 3,
  });
}

export const keysOf = (device: Device): OpenKeys => ({
  selfAid: device.aid,
  selfDeviceId: device.deviceId,
  identityKey: device.identityKey,
  prekey: device.prekey,
  senderKey: ivo.identityKey.publicKey,
});

/** Recomputes digest and signature after a change, as a dishonest sender would. */
export function resign(envelope: Mutable, key: PrivateKey = ivo.identityKey): Mutable {
  if (Array.isArray(envelope.recipients)) {
    envelope.recipients_digest = recipientsDigest(envelope.recipients as string[][]);
  }
  const input = signInput(
    base64Decode(String(envelope.ciphertext)),
    base64Decode(String(envelope.tag)),
    utf8Encode(canonicalJson(envelope.aad)),
    hexDecode(String(envelope.recipients_digest)),
  );
  envelope.sender_signature = base64Encode(signRaw(key, input));
  return envelope;
}

/** Flips the last bit of base64-coded bytes. */
export function flip(text: unknown): string {
  const bytes = base64Decode(String(text));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return base64Encode(bytes);
}
