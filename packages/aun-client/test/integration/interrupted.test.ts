import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AIDStoreOptions } from '../../src/index.js';
import { FAULTS, type FaultKind, Faults, type FaultyStore, faultyStore } from '../support/faults.js';
import { ok, okAsync, TestNetwork } from '../support/network.js';

type Procedure = 'register' | 'renewCert' | 'rekey';

/** In ordinary runs the steps take turns with the kinds of faults; a soak run has every kind at every step. */
const faultsAt = (step: number): readonly FaultKind[] =>
  process.env.AUN_SOAK === '1' ? FAULTS : FAULTS.filter((_, index) => index === step % FAULTS.length);

describe('procedures that are interrupted at any step', { timeout: 240_000 }, () => {
  let network: TestNetwork;
  const opened: FaultyStore[] = [];

  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(async () => {
    for (const store of opened) store.close();
    await network.stop();
  });

  const options = (aunPath: string): AIDStoreOptions => ({
    aunPath,
    encryptionSeed: 'test seed',
    verifySsl: true,
    rootCaPath: network.gateway.rootCaPath,
    discoveryPort: network.gateway.discoveryPort,
  });

  const open = (folder: string, faults?: Faults): FaultyStore => {
    const store = faultyStore(options(folder), faults);
    opened.push(store);
    return store;
  };

  /** A folder in which the procedure can run; a registration needs nothing. */
  const prepared = async (procedure: Procedure) => {
    const folder = await network.folder();
    const aid = network.gateway.newAid('nora');
    if (procedure !== 'register') await okAsync(open(folder).operations.register(aid));
    return { folder, aid };
  };

  const stepsOf = async (procedure: Procedure): Promise<readonly string[]> => {
    const { folder, aid } = await prepared(procedure);
    const faults = new Faults();
    const outcome: { ok: boolean } = await open(folder, faults).operations[procedure](aid);
    expect(outcome.ok).toBe(true);
    return faults.steps;
  };

  /** The key on disk is the one that the gateway vouches for, and nothing half-done is left. */
  const expectWhole = async (store: FaultyStore, aid: string): Promise<void> => {
    const { environment } = store;
    const registered = await environment.pki.certificate(network.gateway.gatewayUrl, aid);
    const loaded = ok(store.load(aid));
    expect(loaded.isPrivateKeyValid()).toBe(true);
    expect(registered?.fingerprint).toBe(loaded.certFingerprint);
    expect(await store.pending(aid)).toBe(0);
  };

  const interrupt = async (procedure: Procedure, at: number, kind: FaultKind): Promise<void> => {
    const { folder, aid } = await prepared(procedure);
    const broken = open(folder, new Faults(at, kind));
    const first: { ok: boolean } = await broken.operations[procedure](aid);
    const after = open(folder);
    if (procedure !== 'register') expect(ok(after.load(aid)).isPrivateKeyValid()).toBe(true);
    if (first.ok) return expectWhole(after, aid);
    const second: { ok: boolean; error?: unknown } = await after.operations[procedure](aid);
    expect(second).toMatchObject({ ok: true });
    await expectWhole(after, aid);
  };

  it.each(['register', 'renewCert', 'rekey'] as const)(
    '%s is whole after the next call',
    async (procedure) => {
      const steps = await stepsOf(procedure);
      expect(steps.length).toBeGreaterThan(5);
      for (const [at, step] of steps.entries()) {
        for (const kind of faultsAt(at)) {
          await interrupt(procedure, at, kind).catch((error: unknown) => {
            throw new Error(`${procedure}, ${kind} at step ${at} (${step}) of ${steps.join(', ')}`, {
              cause: error,
            });
          });
        }
      }
    },
  );

  it('register finishes a rekey whose answer was lost', async () => {
    const { folder, aid } = await prepared('rekey');
    const steps = await stepsOf('rekey');
    const broken = open(folder, new Faults(steps.indexOf('auth.rekey'), 'dead'));
    expect((await broken.operations.rekey(aid)).ok).toBe(false);
    const after = open(folder);
    expect(await after.operations.register(aid)).toMatchObject({ ok: true });
    await expectWhole(after, aid);
  });
});
