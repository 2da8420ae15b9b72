import { PrivateKey, PublicKey, sha256, utf8Encode } from 'aun-crypto';
import { KeySource, Role, type Sender, type Target, type WrapProtocol } from 'aun-e2ee';

// Everybody's keys follow from their names, so that a page and Node know the same people.
const known = new Map<string, PrivateKey>();

function keyOf(name: string): PrivateKey {
  const key = known.get(name) ?? PrivateKey.fromScalar(sha256(utf8Encode(`test key of ${name}`)));
  known.set(name, key);
  return key;
}

export const sender = (): Sender => ({
  aid: 'sender.example.test',
  deviceId: 'desk',
  identityKey: keyOf('sender'),
});

export type Kind = 'p2p' | 'group';

export interface Device {
  readonly aid: string;
  readonly deviceId: string;
  readonly identityKey: PrivateKey;
  readonly prekey: PrivateKey;
}

/** Recipients are numbered: the devices of one AID for a P2P message, members with one device each for a group. */
export function deviceOf(kind: Kind, index: number): Device {
  const name = kind === 'p2p' ? 'receiver' : `member${index}`;
  return {
    aid: `${name}.example.test`,
    deviceId: `device-${index}`,
    identityKey: keyOf(name),
    prekey: keyOf(`prekey ${kind} ${index}`),
  };
}

/** A recipient whose keys were just parsed. */
export function targetOf(kind: Kind, index: number, protocol: WrapProtocol): Target {
  const { aid, deviceId, identityKey, prekey } = deviceOf(kind, index);
  const with3dh = protocol === '3DH';
  return {
    aid,
    deviceId,
    role: kind === 'p2p' ? Role.peer : Role.member,
    keySource: with3dh ? prekeySource(kind) : KeySource.aidMaster,
    identityKey: PublicKey.fromSpki(identityKey.publicKey.spki),
    prekey: with3dh ? PublicKey.fromSpki(prekey.publicKey.spki) : null,
    prekeyId: with3dh ? prekey.publicKey.keyId() : '',
  };
}

const prekeySource = (kind: Kind) =>
  kind === 'p2p' ? KeySource.peerDevicePrekey : KeySource.groupDevicePrekey;
