/** The package under test: the runner passes the built one, the unit test the sources. */
export type Api = Pick<
  typeof import('../src/index.js'),
  'agentMdKey' | 'certKey' | 'groupIndexKey' | 'instanceKey' | 'openEnvelope' | 'sealEnvelope' | 'seqKey'
>;

/** One case of a section: `failure` is null when it passed. */
export interface Outcome {
  readonly id: string;
  readonly failure: string | null;
}

/** Checks one section of `keystore.json`. */
export type SectionCheck = (section: unknown, api: Api) => Promise<readonly Outcome[]>;

type Json = Readonly<Record<string, unknown>>;
const list = (value: unknown): readonly Json[] => value as readonly Json[];
const text = (value: unknown): string => value as string;

/** Sections of the browser store, by name (08 §10.1, §10.2). */
export const idbSections: Readonly<Record<string, SectionCheck>> = {
  indexeddb_envelope: async (section, api) => {
    const { cases } = section as { readonly cases: unknown };
    return Promise.all(
      list(cases).map((item, index) => outcome(`envelope ${index + 1}`, () => envelope(item, api))),
    );
  },
  indexeddb_keys: async (section, api) => {
    const byStore = section as Readonly<Record<string, unknown>>;
    return Promise.all(
      Object.entries(byStore).flatMap(([store, items]) =>
        list(items).map((item) =>
          outcome(`${store} ${text(item.key)}`, async () => {
            equal(keyOf(store, item, api), item.key, 'key');
          }),
        ),
      ),
    );
  },
};

async function envelope(item: Json, api: Api): Promise<void> {
  const sealed = item.envelope as NonNullable<Parameters<Api['openEnvelope']>[1]>;
  const pem = text(item.expected_pem);
  equal(await api.openEnvelope(text(item.seed), sealed), pem, 'PEM');
  equal(item.wrong_seed, 'decrypt_failed', 'wrong_seed');
  equal(await api.openEnvelope(`${text(item.seed)}?`, sealed), null, 'with another seed');
  // The same salt and iv give the same bytes.
  const { iv, salt } = item.envelope as { readonly iv: string; readonly salt: string };
  const draws = [salt, iv].map((part) => Uint8Array.from(atob(part), (char) => char.charCodeAt(0)));
  const again = await api.sealEnvelope(text(item.seed), pem, () => draws.shift() ?? new Uint8Array(0));
  equal(JSON.stringify(again), JSON.stringify({ ct: (item.envelope as Json).ct, iv, salt }), 'sealed again');
}

function keyOf(store: string, item: Json, api: Api): string {
  const aid = text(item.aid);
  if (store === 'cert') return api.certKey(aid, text(item.fingerprint));
  if (store === 'instance_state') return api.instanceKey(aid, text(item.device_id), text(item.slot_id));
  if (store === 'seq') {
    return api.seqKey(aid, text(item.device_id), text(item.slot_id), text(item.namespace));
  }
  if (store === 'agent_md') return api.agentMdKey(text(item.root), text(item.logical));
  if (store === 'group_index') return api.groupIndexKey(text(item.local_aid), text(item.group_aid));
  throw new Error(`no check for keys of ${store}`);
}

/** Runs one case; what it throws is its failure. */
async function outcome(id: string, work: () => Promise<void>): Promise<Outcome> {
  try {
    await work();
    return { id, failure: null };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}

function equal(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}
