import type { KeyPairRecord } from 'aun-core';
import { base64Encode, PrivateKey } from 'aun-crypto';
import { type FsKeyStore, openFsKeyStore } from 'aun-keystore-fs';
import { createRootCa, issueCertificate } from 'aun-pki/issue';
import { type Disk, openDisk } from '../lib/disk.js';
import { lazy } from '../lib/lazy.js';
import { inParallel, milliseconds, secondsOf } from '../lib/load.js';
import { Scope } from '../lib/scope.js';
import type { Area, Finding, Scenario } from '../lib/types.js';

interface Shelf {
  readonly path: string;
  readonly store: FsKeyStore;
  readonly disk: Disk;
}

const AID = 'agent-0.bench.test';
const DEVICE = 'device-1';
const seed = 'correct horse battery';
const keyRecord = (key: PrivateKey): KeyPairRecord => ({
  privateKeyPem: key.toPem(),
  publicKeyDerB64: base64Encode(key.publicKey.spki),
  curve: 'P-256',
});

/** The bounds are one fsync and one SQLite commit on the same disk; reading has none. */
export const keystore: Area['setup'] = async () => {
  const scope = new Scope();
  const shelf = lazy(async (): Promise<Shelf> => {
    const path = scope.folder();
    const store = openFsKeyStore({ path, seed });
    await store.saveKeyPair(AID, keyRecord(PrivateKey.generate()));
    return { path, store, disk: openDisk(scope.folder()) };
  });
  return {
    primitives: {},
    rows: [],
    scenarios: [reads(shelf), writes(shelf), rotation(scope), listing(scope, 1_000), listing(scope, 10_000)],
    close: () => scope.end(),
  };
};

/** Best seconds per call of `work`, over batches that alternate with nothing. */
async function bestOf(work: (turn: number) => Promise<unknown>, calls = 20): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  let turn = 0;
  await work(turn++);
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) await work(turn++);
    best = Math.min(best, (performance.now() - start) / 1e3 / calls);
  }
  return best;
}

function reads(shelf: () => Promise<Shelf>): Scenario {
  const names = ['keystore open and load', 'keystore load'] as const;
  return {
    rows: names,
    async run() {
      const { path, store } = await shelf();
      const fresh = await bestOf(async () => {
        const opened = openFsKeyStore({ path, seed });
        await opened.loadKeyPair(AID);
        await opened.close();
      });
      const warm = await bestOf(() => store.loadKeyPair(AID));
      return [
        { name: names[0], opsPerSecond: 1 / fresh, bound: null, note: `${milliseconds(fresh)} each` },
        { name: names[1], opsPerSecond: 1 / warm, bound: null, note: `${milliseconds(warm)} each` },
      ];
    },
  };
}

function writes(shelf: () => Promise<Shelf>): Scenario {
  const names = ['keystore save key pair', 'keystore save token', 'keystore save prekey'] as const;
  return {
    rows: names,
    async run() {
      const { store, disk } = await shelf();
      const scope = { deviceId: DEVICE, slotId: 'default' };
      const prekey = PrivateKey.generate();
      const record = keyRecord(prekey);
      const key = await bestOf((turn) => store.saveKeyPair(`writer-${turn}.bench.test`, record));
      const fsync = secondsOf(() => disk.fsync(), 10);
      const token = await bestOf((turn) =>
        store.updateInstanceState(AID, scope, (state) => ({ ...state, access_token: `token ${turn}` })),
      );
      const saved = await bestOf((turn) =>
        store.savePrekey(AID, DEVICE, {
          spkId: `spk-${turn}`,
          groupId: '',
          privateScalar: prekey.toScalar(),
          publicSpki: prekey.publicKey.spki,
          createdAt: turn,
        }),
      );
      const commit = secondsOf(() => disk.commit(), 10);
      const finding = (name: string, seconds: number, bound: number, what: string): Finding => ({
        name,
        opsPerSecond: 1 / seconds,
        bound: 1 / bound,
        note: `${milliseconds(seconds)} each; bound: ${what} ${milliseconds(bound)}`,
      });
      return [
        finding(names[0], key, fsync, 'one fsync'),
        finding(names[1], token, commit, 'one commit'),
        finding(names[2], saved, commit, 'one commit'),
      ];
    },
  };
}

/** Generations of prekeys that a device keeps (03 §10). */
const KEPT = 7;

/** What the store does when a prekey was used: the next one, its marker, and the one that is too old by now removed. */
function rotation(scope: Scope): Scenario {
  const name = 'keystore rotate prekey';
  return {
    rows: [name],
    async run() {
      const store = openFsKeyStore({ path: scope.folder(), seed });
      const disk = openDisk(scope.folder());
      const key = PrivateKey.generate();
      const [privateScalar, publicSpki] = [key.toScalar(), key.publicKey.spki];
      let kept = 0;
      const seconds = await bestOf(async (turn) => {
        const spkId = `spk-${turn}`;
        await store.savePrekey(AID, DEVICE, {
          spkId,
          groupId: '',
          privateScalar,
          publicSpki,
          createdAt: turn,
        });
        await store.markPrekeyUploaded(AID, DEVICE, '', spkId);
        const stored = await store.listPrekeys(AID, DEVICE, '');
        for (const old of stored.slice(KEPT)) await store.deletePrekey(AID, DEVICE, '', old.spkId);
        kept = stored.length;
      });
      if (kept > KEPT + 1) throw new Error(`${kept} prekeys were kept`);
      const commit = secondsOf(() => disk.commit(), 10);
      await store.close();
      disk.close();
      const note = `${milliseconds(seconds)} each, three changes; bound: one commit ${milliseconds(commit)}`;
      return [{ name, opsPerSecond: 1 / seconds, bound: 1 / commit, note }];
    },
  };
}

/** `listIdentities` of a store just opened and of one that has listed before; 10,000 in 10 s and 1 s are the goal. */
function listing(scope: Scope, count: number): Scenario {
  const size = count.toLocaleString('en-US');
  const names = [`keystore list ${size}, cold`, `keystore list ${size}, warm`] as const;
  return {
    rows: names,
    long: count > 1_000,
    async run() {
      const path = scope.folder();
      const store = openFsKeyStore({ path, seed });
      const key = PrivateKey.generate();
      const ca = await createRootCa({ commonName: 'Bench Root', curve: 'P-256' });
      await inParallel(count, 8, async (index) => {
        const aid = `agent-${index}.bench.test`;
        await store.saveKeyPair(aid, keyRecord(key));
        const order = { profile: 'agent', commonName: aid, publicKey: key.publicKey } as const;
        await store.saveCert(aid, (await issueCertificate(ca, order)).pem);
      });
      await store.close();
      const again = openFsKeyStore({ path, seed });
      const time = async (): Promise<number> => {
        const start = performance.now();
        const found = (await again.listIdentities()).length;
        if (found !== count) throw new Error(`${found} identities instead of ${count}`);
        return (performance.now() - start) / 1e3;
      };
      const [cold, warm] = [await time(), await time()];
      await again.close();
      return [
        { name: names[0], opsPerSecond: 1 / cold, bound: null, note: `${milliseconds(cold)} the list` },
        { name: names[1], opsPerSecond: 1 / warm, bound: null, note: `${milliseconds(warm)} the list` },
      ];
    },
  };
}
