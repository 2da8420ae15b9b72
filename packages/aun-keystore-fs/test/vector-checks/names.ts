import {
  asList,
  asObject,
  asText,
  expectEqual,
  inDirectory,
  type Json,
  outcome,
  type Packages,
  type SectionCheck,
} from './case.js';
import { filesIn, isThere, put, textOf } from './files.js';

const uuidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** 08 §3. */
export const deviceId: SectionCheck = async (section, packages) =>
  Promise.all(
    asList(section).map((item) =>
      outcome(asText(item.title), () =>
        inDirectory(async (root) => {
          const expected = asObject(item.expected);
          if (item.file !== null) put(root, '.device_id', asText(item.file));
          const id = packages.keystore.openFsKeyStore({ path: root, seed: '' }).deviceIdSync();
          if (expected.generated !== true) expectEqual(id, expected.device_id, 'device id');
          else {
            expectEqual(uuidV4.test(id), expected.uuid_v4, 'uuid v4');
            expectEqual(textOf(root, '.device_id') === id, expected.file_rewritten, 'file');
          }
          return undefined;
        }),
      ),
    ),
  );

/** 08 §3, 01 §1.3. */
export const slotId: SectionCheck = async (section, { core }) =>
  Promise.all(
    asList(section).map((item) =>
      outcome(`slot ${JSON.stringify(item.input)}`, () => {
        expectEqual(slotOutcome(item.input, core), item.expected, 'slot');
        return undefined;
      }),
    ),
  );

function slotOutcome(input: unknown, core: Packages['core']): Json {
  try {
    const slot = core.validateSlotId(input);
    return { slot_id: slot, isolation_key: core.slotIsolationKey(slot) };
  } catch (error) {
    return { error: (error as Error).name };
  }
}

/** 08 §2, §8.3. */
export const pathNames: SectionCheck = async (section, packages, file) => {
  const identities = Object.values(asObject(file.identities)).map(asObject);
  const directories = asList(asObject(section).aid_to_directory).map((item) =>
    outcome(asText(item.aid), () => {
      expectEqual(packages.core.aidDirectoryName(asText(item.aid)), item.directory, 'directory');
      return undefined;
    }),
  );
  const versions = asList(asObject(section).cert_version_file).map((item) =>
    outcome(asText(item.fingerprint), () =>
      inDirectory(async (root) => {
        const owner = identities.find((identity) => identity.cert_fingerprint === item.fingerprint);
        if (owner === undefined) throw new Error('no identity of the file has this certificate');
        const store = packages.keystore.openFsKeyStore({ path: root, seed: '' });
        await store.saveCert(asText(owner.aid), asText(owner.cert_pem), { active: false });
        expectEqual(isThere(root, `AIDs/${asText(owner.aid)}/${asText(item.file)}`), true, 'version file');
        return undefined;
      }),
    ),
  );
  return Promise.all([...directories, ...versions]);
};

/** 08 §9.1. */
export const trustRoots: SectionCheck = async (section, { keystore }) => {
  const { input, files, bundle_text: bundle } = asObject(section);
  const { trust_list: list, root_certs: roots, issuer_root: issuerRoot } = asObject(input);
  const names = asList(roots).map((root, index) => ({
    name: keystore.trustRootName(
      { id: root.id as string | undefined, fingerprint: root.fingerprint_sha256 as string | undefined },
      index + 1,
    ),
    certPem: asText(root.cert_pem),
  }));
  return [
    await outcome('files and bundle', () =>
      inDirectory(async (root) => {
        const store = keystore.openFsKeyStore({ path: root, seed: '' });
        await store.saveTrustRoots(list as Parameters<typeof store.saveTrustRoots>[0], names);
        const issuer = asObject(issuerRoot);
        await store.saveIssuerRootCert(asText(issuer.issuer), asText(issuer.cert_pem));
        expectEqual(
          filesIn(root).map((path) => path.replace('CA/root/', '')),
          (files as readonly string[]).toSorted(),
          'files',
        );
        expectEqual(textOf(root, 'CA/root/trust-roots.pem'), bundle, 'bundle');
        return undefined;
      }),
    ),
  ];
};
