import {
  asList,
  asObject,
  asText,
  expectEqual,
  inDirectory,
  type Json,
  type LoadOutcome,
  outcome,
  type Packages,
  type SectionCheck,
} from './case.js';
import { filesIn, isThere, put, textOf } from './files.js';

/** 08 §4.1 to §4.6. `expected_load` is the client's `load` and is checked when the runner passes it. */
export const keyJson: SectionCheck = async (section, packages) =>
  Promise.all(
    asList(section).map((item) =>
      outcome(asText(item.id), () => inDirectory((root) => keyFileCase(root, item, packages))),
    ),
  );

async function keyFileCase(root: string, item: Json, packages: Packages): Promise<string | undefined> {
  const aid = asText(item.aid);
  const path = `AIDs/${aid}/private/key.json`;
  put(root, path, asText(item.file_text));
  put(root, `AIDs/${aid}/public/cert.pem`, asText(item.cert_pem));
  const store = packages.keystore.openFsKeyStore({ path: root, seed: asText(item.seed) });
  const found = await store.loadKeyPair(aid).then(
    (keyPair) => ({ keyPair, code: null }),
    (error: { code: string }) => ({ keyPair: null, code: error.code }),
  );
  await store.close();
  const notes = [judgeKeyPair(item, found.keyPair, found.code), judgeFile(root, path, item)];
  if (packages.load !== undefined) judgeLoad(item, await packages.load(root, asText(item.seed), aid));
  const said = notes.filter((note) => note !== undefined);
  return said.length === 0 ? undefined : said.join('; ');
}

function judgeKeyPair(
  item: Json,
  keyPair: { privateKeyPem: string; publicKeyDerB64: string; curve: string } | null,
  code: string | null,
): string | undefined {
  const expected = item.expected_key_pair === null ? null : asObject(item.expected_key_pair);
  const unreadable = code === 'private_key_unreadable';
  if (expected === null) {
    if (!unreadable) expectEqual(keyPair, null, 'key pair');
    return unreadable ? '≠ 08 §4.4: a damaged file is an error, not an absent key' : undefined;
  }
  if (expected.error === 'decrypt_failed') {
    expectEqual(code, 'private_key_unreadable', 'code');
    return undefined;
  }
  const pem = expected.private_key_pem;
  if (typeof pem === 'string' && !pem.includes('PRIVATE KEY')) {
    expectEqual(code, 'private_key_unreadable', 'code');
    return '≠ 08 §4.4: what decrypts to no key is refused by the store';
  }
  const stored = keyPair === null ? null : keyPair.privateKeyPem;
  expectEqual(stored, pem, 'private key');
  if (keyPair !== null) expectEqual(keyPair.publicKeyDerB64, expected.public_key_der_b64, 'public key');
  return undefined;
}

function judgeFile(root: string, path: string, item: Json): string | undefined {
  if (item.file_unchanged === true) expectEqual(textOf(root, path), item.file_text, 'file');
  if (item.expected_file_after === undefined) return undefined;
  const after = asObject(item.expected_file_after);
  const file = JSON.parse(textOf(root, path)) as Json;
  const record = asObject(file.private_key_protection);
  expectEqual('private_key_pem' in file, after.has_plaintext, 'plaintext member');
  expectEqual([record.scheme, record.name], [after.scheme, after.name], 'protection');
  const plaintextLeft = filesIn(root).some(
    (name) => name.includes('key.json') && textOf(root, name).includes('BEGIN'),
  );
  expectEqual(plaintextLeft, false, 'a plaintext copy');
  return item.backups === undefined ? undefined : '≠ 08 §4.6: no plaintext backup is kept';
}

function judgeLoad(item: Json, actual: LoadOutcome): void {
  const accepted = [item.expected_load, item.accept_also]
    .filter((value) => value !== undefined)
    .map(asObject);
  const fits = (expected: Json) =>
    Object.entries(expected).every(([name, value]) => actual[name as keyof LoadOutcome] === value);
  if (!accepted.some(fits)) expectEqual(actual, item.expected_load, 'load');
}

/** 08 §5.4. */
export const pendingGroupBind: SectionCheck = async (section, { keystore }) => {
  const item = asObject(section);
  const group = asText(item.group_id);
  const open = (root: string, seed: string) => keystore.openFsKeyStore({ path: root, seed });
  return [
    await outcome('parked key', () =>
      inDirectory(async (root) => {
        put(root, asText(item.file), asText(item.file_text));
        const keyPair = await open(root, asText(item.seed)).loadPendingBind(group);
        const expected = asObject(item.expected);
        expectEqual(keyPair?.privateKeyPem.trim(), asText(expected.private_key_pem).trim(), 'private key');
        expectEqual(keyPair?.publicKeyDerB64, expected.public_key_der_b64, 'public key');
        return undefined;
      }),
    ),
    await outcome('parked key, wrong seed', () =>
      inDirectory(async (root) => {
        put(root, asText(item.file), asText(item.file_text));
        expectEqual(
          await open(root, `${asText(item.seed)}x`).loadPendingBind(group),
          item.expected_wrong_seed,
          'key',
        );
        expectEqual(isThere(root, `${asText(item.file)}.bad`), true, 'kept as .bad');
        return '≠ 08 §5.4: the unreadable file is kept as .bad';
      }),
    ),
  ];
};
