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

/** 08 §6.2, §6.4. */
export const changeSeed: SectionCheck = async (section, packages) =>
  Promise.all(
    asList(section).map((item) =>
      outcome(asText(item.id), () => inDirectory((root) => seedCase(root, item, packages))),
    ),
  );

async function seedCase(root: string, item: Json, { keystore }: Packages): Promise<string | undefined> {
  const before = asObject(item.files);
  for (const [path, text] of Object.entries(before)) put(root, path, asText(text));
  const [oldSeed, newSeed] = [asText(item.old_seed), asText(item.new_seed)];
  const store = keystore.openFsKeyStore({ path: root, seed: oldSeed });
  const result = await store.changeSeed(oldSeed, newSeed).then(
    (count) => ({ ok: true, count }),
    () => ({ ok: false, count: 0 }),
  );
  await store.close();
  const expected = asObject(item.reference_result);
  expectEqual(result.ok, expected.ok, 'result');
  if (result.ok) expectEqual(result.count, expected.private_keys_migrated, 'count');
  judgeFiles(root, item, before);
  await judgeKeys(root, item, keystore);
  return judgeAdded(root, item, before);
}

function judgeFiles(root: string, item: Json, before: Json): void {
  for (const [path, fate] of Object.entries(asObject(item.files_after))) {
    if (fate === 'gone') expectEqual(isThere(root, path), false, path);
    else expectEqual(textOf(root, path) === before[path] ? 'unchanged' : 'rewritten', fate, path);
  }
}

function judgeAdded(root: string, item: Json, before: Json): string | undefined {
  const added = filesIn(root).filter((path) => !(path in before));
  const wanted = (item.files_added as readonly string[]).toSorted();
  const plaintext = Object.entries(before)
    .filter(([, text]) => asText(text).includes('BEGIN PRIVATE KEY'))
    .map(([path]) => `${path}.v1`);
  const kept = wanted.filter((path) => !plaintext.includes(path));
  expectEqual(
    added.map((path) => path.replace(/(\.seed\.migrated\.)\d+$/, '$1<unix seconds>')),
    kept,
    'added files',
  );
  return kept.length === wanted.length ? undefined : '≠ 08 §4.6: no plaintext backup is kept';
}

async function judgeKeys(root: string, item: Json, keystore: Packages['keystore']): Promise<void> {
  const store = keystore.openFsKeyStore({ path: root, seed: asText(item.new_seed) });
  for (const [aid, pem] of Object.entries(asObject(item.private_keys_with_new_seed))) {
    const found = await store.loadKeyPair(aid).then(
      (keyPair) => keyPair?.privateKeyPem ?? null,
      () => 'decrypt_failed',
    );
    expectEqual(found, pem, `key of ${aid}`);
  }
  await store.close();
}
