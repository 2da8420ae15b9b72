import {
  asObject,
  asText,
  expectEqual,
  inDirectory,
  type Json,
  type Outcome,
  outcome,
  type SectionCheck,
} from './case.js';
import { unpack } from './files.js';

const hex = (bytes: Uint8Array | undefined | null): string | null =>
  bytes === undefined || bytes === null ? null : Buffer.from(bytes).toString('hex');

/** A whole directory as a public SDK left it, every value read back (08 §7). */
export const tree: SectionCheck = async (section, packages, file) =>
  inDirectory(async (root): Promise<readonly Outcome[]> => {
    const { files, seed, aid: own, device_id: device, expected: all } = asObject(section);
    const expected = asObject(all);
    const aid = asText(own);
    const deviceId = asText(device);
    unpack(root, asObject(files));
    const store = packages.keystore.openFsKeyStore({ path: root, seed: asText(seed) });
    const scope = (slotId: string) => ({ deviceId, slotId });
    const value = (id: string, read: () => Promise<unknown>, name: string) =>
      outcome(id, async () => {
        expectEqual(await read(), expected[name], name);
        return undefined;
      });
    const peer = asObject(asObject(file.identities).bob);
    const outcomes = [
      await outcome('own identity', async () => {
        const keyPair = await store.loadKeyPair(aid);
        const load = asObject(expected.load_alice);
        expectEqual(
          [keyPair !== null, await store.deviceId()],
          [load.private_key_valid, load.device_id],
          'identity',
        );
        if (packages.load !== undefined)
          expectEqual((await packages.load(root, asText(seed), aid)).ok, load.ok, 'load');
        return undefined;
      }),
      await value('list', async () => (await store.listIdentities()).map((entry) => entry.aid), 'list'),
      await value(
        'tokens of a slot',
        () => store.loadInstanceState(aid, scope('main')),
        'instance_state_main',
      ),
      await value(
        'tokens without slot',
        () => store.loadInstanceState(aid, scope('')),
        'instance_state_singleton',
      ),
      await value('metadata', () => store.loadMetadata(aid), 'metadata'),
      await value(
        'cursors',
        async () => Object.fromEntries(await store.loadAllSeqs(aid, scope('main'))),
        'seqs_main',
      ),
      await value(
        'peer certificate by fingerprint',
        async () => (await store.loadCert(asText(peer.aid), asText(peer.cert_fingerprint))) === peer.cert_pem,
        'bob_cert_by_fingerprint',
      ),
      await value(
        'peer without active certificate',
        () => store.loadCert(asText(peer.aid)),
        'bob_active_cert',
      ),
      await outcome('device keys', async () => {
        const group = groupOf(expected);
        const wanted = asObject(expected.v2);
        const spk = await store.loadCurrentPrekey(aid, deviceId, '');
        const groupSpk = await store.loadCurrentPrekey(aid, deviceId, group);
        const found = {
          ik_priv_hex: hex(await store.loadIdentityKeyAlias(aid, deviceId, asText(wanted.ik_alias_id))),
          ik_alias_id: wanted.ik_alias_id,
          current_spk: { spk_id: spk?.spkId, priv_hex: hex(spk?.privateScalar) },
          latest_uploaded_spk: await store.loadLatestUploadedPrekeyId(aid, deviceId, ''),
          recent_spk_ids: (await store.listPrekeys(aid, deviceId, '')).map((entry) => entry.spkId),
          group_spk: { spk_id: groupSpk?.spkId, priv_hex: hex(groupSpk?.privateScalar) },
          group_identity_pem: (await store.loadGroupIdentity(aid, deviceId, group))?.privateKeyPem,
        };
        expectEqual(found, wanted, 'v2');
        return undefined;
      }),
    ];
    await store.close();
    return outcomes;
  });

/** The one group of the tree, named by its cursor. */
function groupOf(expected: Json): string {
  const namespace = Object.keys(asObject(expected.seqs_main)).find((name) => name.startsWith('group:'));
  if (namespace === undefined) throw new Error('the tree names no group');
  return namespace.slice('group:'.length);
}
