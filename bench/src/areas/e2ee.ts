import { PrivateKey, PublicKey } from 'aun-crypto';
import { encryptGroup, encryptP2P, openEnvelope, RecipientCache, Role, type Target } from 'aun-e2ee';
import { validateGroupEnvelope, validateP2PEnvelope } from 'aun-e2ee/validate';
import {
  coldTargets,
  DEVICE_ID,
  type Protocol,
  type Recipient,
  recipients,
  sender,
} from '../lib/e2ee-parties.js';
import { platformPrimitives } from '../lib/platform.js';
import type { Area, Row } from '../lib/types.js';

const GROUP_ID = 'g-team01.aun.localhost';
const payload = { type: 'text', text: 'The quick brown fox jumps over the lazy dog. '.repeat(5) };
const group = { groupId: GROUP_ID, epoch: 4, stateCommitment: null };

/**
 * Cold: keys arrive as base64 SPKI (own prekey: as a scalar) and nothing is remembered. Warm: key handles exist and
 * the static-static secret of 3DH is cached. The bound counts the curve operations that remain (03 §5.3), each key
 * imported once; for validation it is the SHA-256 of the Merkle tree.
 */
export const e2ee: Area = {
  name: 'e2ee',
  backends: ['node', 'noble'],
  setup: async (backend) => {
    const sizes = backend === 'node' ? [10, 100, 1000] : [10];
    const rows = [
      ...[1, 2].flatMap((targets) => encryptP2PRows(targets)),
      ...openRows(),
      ...sizes.flatMap((members) => encryptGroupRows(members)),
      ...validateRows(backend === 'node' ? 1000 : 100),
    ];
    return { primitives: await platformPrimitives(backend), rows };
  },
};

const encryptBound = (targets: number, protocol: Protocol, warm: boolean): Record<string, number> => {
  const keys = { keygen: 1, sign: 1 };
  if (protocol === '1DH') return warm ? { ...keys, ecdhWarm: targets } : { ...keys, ecdhCold: targets };
  // Warm: DH1 and DH3. Cold: DH1 and DH3 import their key, DH2 takes the prekey that DH3 imported.
  return warm ? { ...keys, ecdhWarm: 2 * targets } : { ...keys, ecdhCold: 2 * targets, ecdhWarm: targets };
};

/** The four rows of one operation: 1DH and 3DH, cold and warm. */
function encryptRows(
  name: string,
  all: readonly Recipient[],
  role: Role,
  encrypt: (targets: readonly Target[], cache?: RecipientCache) => unknown,
): Row[] {
  return (['1DH', '3DH'] as const).flatMap((protocol) => {
    const cache = new RecipientCache();
    const warm = coldTargets(all, role, protocol);
    return [
      {
        name: `${name} ${protocol}, cold`,
        run: () => encrypt(coldTargets(all, role, protocol)),
        bound: encryptBound(all.length, protocol, false),
      },
      {
        name: `${name} ${protocol}, warm`,
        run: () => encrypt(warm, cache),
        bound: encryptBound(all.length, protocol, true),
      },
    ];
  });
}

const encryptP2PRows = (count: number): Row[] =>
  encryptRows(
    `p2p encrypt, ${count} target${count === 1 ? '' : 's'}`,
    recipients(count),
    Role.peer,
    (targets, cache) => encryptP2P({ sender, targets, payload }, cache ? { cache } : {}),
  );

const encryptGroupRows = (count: number): Row[] =>
  encryptRows(`group encrypt, ${count} members`, recipients(count), Role.member, (targets, cache) =>
    encryptGroup({ ...group, sender, targets, payload }, cache ? { cache } : {}),
  );

function openRows(): Row[] {
  const [recipient] = recipients(1);
  if (recipient === undefined) throw new Error('no recipient');
  const senderSpki = sender.identityKey.publicKey.spki;
  const scalar = recipient.prekey.toScalar();
  const { wire, identityKey } = recipient;
  const own = { selfAid: wire.aid, selfDeviceId: DEVICE_ID, identityKey };
  return (['1DH', '3DH'] as const).flatMap((protocol) => {
    const envelope = encryptP2P({ sender, targets: coldTargets([recipient], Role.peer, protocol), payload });
    const three = protocol === '3DH';
    const senderKey = PublicKey.fromSpki(senderSpki);
    const warm = { ...own, senderKey, prekey: recipient.prekey, cache: new RecipientCache() };
    const open = (keys: Parameters<typeof openEnvelope>[1]) => {
      const opened = openEnvelope(envelope, keys);
      if (!opened.ok) throw new Error(opened.error.message);
    };
    return [
      {
        name: `open ${protocol}, cold`,
        run: () =>
          open({
            ...own,
            senderKey: PublicKey.fromSpki(senderSpki),
            prekey: three ? PrivateKey.fromScalar(scalar) : null,
          }),
        // The session key is always new; DH2 takes the sender key that the verification imported.
        bound: three
          ? { verifyCold: 1, importPrivate: 1, ecdhCold: 1, ecdhWarm: 2 }
          : { verifyCold: 1, ecdhCold: 1 },
      },
      {
        name: `open ${protocol}, warm`,
        run: () => open(warm),
        bound: three ? { verifyWarm: 1, ecdhCold: 1, ecdhWarm: 1 } : { verifyWarm: 1, ecdhCold: 1 },
      },
    ];
  });
}

function validateRows(members: number): Row[] {
  const timestamp = Date.now();
  const one = recipients(1);
  const p2p = encryptP2P({ sender, targets: coldTargets(one, Role.peer, '3DH'), payload, timestamp });
  const targets = coldTargets(recipients(members), Role.member, '1DH');
  const many = encryptGroup({ ...group, sender, targets, payload, timestamp });
  const caller = { callerAid: sender.aid, deviceId: sender.deviceId, now: timestamp };
  const check = (verdict: { readonly ok: boolean }) => {
    if (!verdict.ok) throw new Error(JSON.stringify(verdict));
  };
  const to = one[0]?.wire.aid ?? '';
  const sizeBytes = JSON.stringify(many).length;
  return [
    {
      name: 'validate p2p, 1 row',
      run: () => check(validateP2PEnvelope(p2p, { ...caller, to })),
      bound: { sha256Leaf: 1 },
    },
    {
      name: `validate group, ${members} rows`,
      run: () => check(validateGroupEnvelope(many, { ...caller, groupAid: GROUP_ID, epoch: 4, sizeBytes })),
      bound: { sha256Leaf: members, sha256: members },
    },
  ];
}
