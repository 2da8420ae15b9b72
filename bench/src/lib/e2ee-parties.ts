import { base64Decode, base64Encode, PrivateKey, PublicKey } from 'aun-crypto';
import { KeySource, type Role, type Sender, type Target } from 'aun-e2ee';

/** A device as a bootstrap row describes it: keys are still base64 SPKI. */
interface WireDevice {
  readonly aid: string;
  readonly identitySpki: string;
  readonly prekeySpki: string;
  readonly prekeyId: string;
}

export interface Recipient {
  readonly identityKey: PrivateKey;
  readonly prekey: PrivateKey;
  readonly wire: WireDevice;
}

export type Protocol = '1DH' | '3DH';

export const sender: Sender = {
  aid: 'alice.aun.localhost',
  deviceId: 'laptop-3f',
  identityKey: PrivateKey.generate(),
};

export const DEVICE_ID = 'device-0001';

export const recipients = (count: number): Recipient[] =>
  Array.from({ length: count }, (_, i) => {
    const identityKey = PrivateKey.generate();
    const prekey = PrivateKey.generate();
    const wire = {
      aid: `member-${String(i).padStart(4, '0')}.aun.localhost`,
      identitySpki: base64Encode(identityKey.publicKey.spki),
      prekeySpki: base64Encode(prekey.publicKey.spki),
      prekeyId: prekey.publicKey.keyId(),
    };
    return { identityKey, prekey, wire };
  });

/** Targets with fresh key handles, as after parsing a bootstrap for the first time. */
export const coldTargets = (all: readonly Recipient[], role: Role, protocol: Protocol): Target[] =>
  all.map(({ wire: { aid, identitySpki, prekeySpki, prekeyId } }) => {
    const identityKey = PublicKey.fromSpki(base64Decode(identitySpki));
    const base = { aid, deviceId: DEVICE_ID, role, identityKey };
    return protocol === '1DH'
      ? { ...base, keySource: KeySource.aidMaster, prekey: null, prekeyId: '' }
      : {
          ...base,
          keySource: KeySource.peerDevicePrekey,
          prekey: PublicKey.fromSpki(base64Decode(prekeySpki)),
          prekeyId,
        };
  });
