/** Constants of E2EE V2 (03 §1.1). */
export const SUITE = 'P256_HKDF_SHA256_AES_256_GCM';
export const P2P_ENVELOPE_TYPE = 'e2ee.p2p_encrypted';
export const GROUP_ENVELOPE_TYPE = 'e2ee.group_encrypted';
export const ENVELOPE_VERSION = 'v2';

/** HKDF info texts of the two wrap protocols. */
export const WRAP_INFO = { '1DH': 'AUN-V2-1DH', '3DH': 'AUN-V2-3DH' } as const;
export const LEAF_PREFIX = 'AUN-V2-RCPT-LEAF-v1';
export const NODE_PREFIX = 'AUN-V2-RCPT-NODE-v1';
export const STATE_PREFIX = 'AUN-V2-SC-v1';
export const CHAIN_PREFIX = 'AUN-V2-CHAIN-v1';
export const METADATA_KEY_DOMAIN = 'aun-envelope-metadata-key-v1';
export const HEADERS_DOMAIN = 'aun-protected-headers-v1';
export const CONTEXT_DOMAIN = 'aun-protected-context-v1';

/** Where the key of a recipient row comes from. */
export const KeySource = {
  peerDevicePrekey: 'peer_device_prekey',
  groupDevicePrekey: 'group_device_prekey',
  aidMaster: 'aid_master',
} as const;
export type KeySource = (typeof KeySource)[keyof typeof KeySource];

export const Role = { peer: 'peer', member: 'member', selfSync: 'self_sync', audit: 'audit' } as const;
export type Role = (typeof Role)[keyof typeof Role];

/** How a master key is wrapped: one Diffie-Hellman with the identity key, or three with a prekey. */
export type WrapProtocol = '1DH' | '3DH';

export const MASTER_KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
export const WRAP_SALT_BYTES = 16;
/** DER of an uncompressed P-256 SubjectPublicKeyInfo (03 §1.2). */
export const SPKI_BYTES = 91;

/** `e2ee` members of `capabilities` in `auth.connect` (03 §1.1). */
export const E2EE_CONNECT_CAPABILITIES = {
  e2ee: true,
  group_e2ee: true,
  supported_p2p_e2ee: ['e2ee_v2'],
  supported_group_e2ee: ['group_e2ee_v2'],
} as const;

/** True for the two sources whose rows use 3DH (03 §5.1 step 3). */
export function isPrekeySource(source: string): source is 'peer_device_prekey' | 'group_device_prekey' {
  return source === KeySource.peerDevicePrekey || source === KeySource.groupDevicePrekey;
}
