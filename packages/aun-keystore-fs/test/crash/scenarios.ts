import { type KeyPairRecord, KeyStoreError, type PrekeyRecord } from 'aun-core';
import { type FileLayer, FsKeyStore, nodeFiles } from '../../src/index.js';
import { aid, device, group, NEW_SEED, OLD_SEED, scope } from './names.js';
import { makeOldDatabase } from './old-database.js';

/** Keys and certificates made once, so that a child process needs no certificate authority. */
export interface Material {
  readonly alice: KeyPairRecord;
  readonly aliceCert: string;
  readonly next: KeyPairRecord;
  readonly nextCert: string;
  readonly others: readonly KeyPairRecord[];
  readonly prekeys: readonly PrekeyRecord[];
}

/** What the store held before the scenario, and what is done until the process dies. `say` reports a finished step. */
export interface Scenario {
  prepare(store: FsKeyStore, material: Material): Promise<void>;
  run(store: FsKeyStore, material: Material, say: (step: string) => void): Promise<void>;
}

async function register(store: FsKeyStore, material: Material, say: (step: string) => void): Promise<void> {
  await store.lockIdentity(aid, async () => {
    await store.deviceId();
    const handle = await store.createPending(aid, material.alice);
    say('parked');
    await store.savePendingCert(handle, material.aliceCert);
    await store.promotePending(handle);
    say('registered');
    await store.saveMetadata(aid, { aid, gateway_url: 'wss://gateway.crash.test/aun' });
    say('metadata');
  });
}

const nothing = async (): Promise<void> => {};

export const scenarios = {
  register: { prepare: nothing, run: register },
  registerBesideCard: {
    prepare: async (store, material) => {
      await store.saveAgentMd(aid, { content: new TextEncoder().encode('# Alice\n') });
      await store.saveCert(aid, material.nextCert);
    },
    run: register,
  },
  rekey: {
    prepare: (store, material) => register(store, material, () => {}),
    run: async (store, material, say) => {
      const handle = await store.createPending(aid, material.next);
      say('parked');
      await store.savePendingCert(handle, material.nextCert);
      say('certified');
      await store.promotePending(handle, { replace: true });
      say('rekeyed');
    },
  },
  saveToken: {
    prepare: async (store) => {
      await store.updateInstanceState(aid, scope, () => ({
        access_token: 'one',
        refresh_token: 'r1',
        kept: 1,
      }));
    },
    run: async (store, _material, say) => {
      await store.updateInstanceState(aid, scope, (state) => ({
        ...state,
        access_token: 'two',
        refresh_token: 'r2',
      }));
      say('saved');
      await store.saveSeqs(aid, scope, new Map([['p2p:a', 5]]));
      say('cursor');
    },
  },
  rotatePrekey: {
    prepare: async (store, { prekeys: [first, second] }) => {
      for (const prekey of [first, second]) {
        if (prekey === undefined) continue;
        await store.savePrekey(aid, device, prekey);
        await store.markPrekeyUploaded(aid, device, '', prekey.spkId);
      }
    },
    run: async (store, { prekeys: [first, , third] }, say) => {
      if (first === undefined || third === undefined) return;
      await store.savePrekey(aid, device, third);
      say('saved');
      await store.markPrekeyUploaded(aid, device, '', third.spkId);
      say('marked');
      await store.deletePrekey(aid, device, '', first.spkId);
      say('deleted');
    },
  },
  changeSeed: {
    prepare: async (store, material) => {
      const [second, parked, bound] = material.others;
      if (second === undefined || parked === undefined || bound === undefined) return;
      await store.saveKeyPair(aid, material.alice);
      await store.saveKeyPair('bobby.crash.test', second);
      await store.createPending('carol.crash.test', parked);
      await store.savePendingBind(group, bound);
    },
    run: async (store, _material, say) => {
      await store.changeSeed(OLD_SEED, NEW_SEED);
      say('changed');
    },
  },
  finishSeedChange: {
    prepare: async (store, material) => {
      await scenarios.changeSeed.prepare(store, material);
      const cut = new FsKeyStore({ path: store.path, seed: OLD_SEED, files: diskThatFailsAfterTheDecision });
      await passingOver('io', cut.changeSeed(OLD_SEED, NEW_SEED));
      await cut.close();
    },
    run: async (store, _material, say) => {
      // The change was decided: this store finishes it, and then its own seed is the wrong one.
      await passingOver('private_key_unreadable', store.loadKeyPair(aid));
      say('finished');
    },
  },
  upgrade: {
    prepare: async (store, { prekeys: [first, second] }) => {
      if (first !== undefined && second !== undefined) makeOldDatabase(store.path, first, second);
    },
    run: async (store, _material, say) => {
      await store.loadInstanceState(aid, scope);
      say('upgraded');
    },
  },
} satisfies Record<string, Scenario>;

/** A disk that breaks when the first new key file is put into its place (08 §6.2 step 7). */
const diskThatFailsAfterTheDecision: FileLayer = {
  ...nodeFiles,
  rename(from, to) {
    if (from.endsWith('.seed-new')) throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'rename' });
    nodeFiles.rename(from, to);
  },
};

/** Waits for `work`, which may fail with this one code. */
async function passingOver(code: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof KeyStoreError) || error.code !== code) throw error;
  }
}

export type ScenarioName = keyof typeof scenarios;
