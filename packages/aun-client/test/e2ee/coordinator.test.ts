import {
  type AUNError,
  E2EEError,
  type JsonObject,
  type JsonValue,
  NetworkError,
  NotFoundError,
  noopLogger,
  RpcError,
} from 'aun-core';
import { base64Encode, PrivateKey } from 'aun-crypto';
import { MemoryPrekeyStore, toPerDeviceForm } from 'aun-e2ee';
import { describe, expect, it } from 'vitest';
import { E2eeCoordinator } from '../../src/e2ee/coordinator.js';
import { FakeClock, settle } from '../support/fake-clock.js';

const NORA = 'nora.demo.example';
const OTTO = 'otto.demo.example';

class Agent {
  readonly clock: FakeClock;
  readonly key = PrivateKey.generate();
  readonly calls: { method: string; params: JsonObject }[] = [];
  readonly store = new MemoryPrekeyStore();
  readonly coordinator: E2eeCoordinator;
  /** Certificates as their PKI would answer. */
  readonly certificates = new Map<string, PrivateKey>();
  lookUp: (aid: string) => void = () => undefined;
  bootstrap: (peer: string) => JsonValue = () => ({ peer_devices: [] });

  constructor(
    readonly aid: string,
    readonly deviceId: string,
    clock = new FakeClock(),
  ) {
    this.clock = clock;
    this.coordinator = new E2eeCoordinator({
      aid,
      deviceId,
      privateKey: this.key,
      previousKeys: [],
      keys: this.store as never,
      peers: {
        get: async ({ aid: wanted }: { aid: string }) => {
          this.lookUp(wanted);
          const key = this.certificates.get(wanted);
          if (key === undefined) throw new NotFoundError(`no certificate of ${wanted}`);
          return { publicKey: key.publicKey };
        },
        offer: async () => undefined,
      } as never,
      call: async (method, params) => {
        this.calls.push({ method, params });
        return method === 'message.v2.bootstrap' ? this.bootstrap(String(params.peer_aid)) : {};
      },
      clock,
      logger: noopLogger,
      onEnvelope: () => undefined,
    });
  }

  row(): JsonObject {
    const spki = this.key.publicKey.spki;
    return {
      aid: this.aid,
      device_id: this.deviceId,
      ik_pk: base64Encode(spki),
      ik_fp: this.key.publicKey.keyId(),
    };
  }
}

const policy = {
  version: 'v2.1',
  protocol: '1DH',
  scope: 'aid',
  per_aid_wrap: true,
  per_device_wrap: false,
  source: 'server_default',
};

const world = () => {
  const clock = new FakeClock();
  const nora = new Agent(NORA, 'd-nora', clock);
  const otto = new Agent(OTTO, 'd-otto', clock);
  nora.certificates.set(OTTO, otto.key);
  otto.certificates.set(NORA, nora.key);
  nora.bootstrap = (peer) => ({
    peer_devices: peer === OTTO ? [otto.row()] : [nora.row()],
    e2ee_wrap_policy: policy,
  });
  const sent: JsonObject[] = [];
  const send = (payload: JsonValue = { type: 'text', text: 'hi' }) =>
    nora.coordinator.send(OTTO, { payload }, async (envelope) => {
      sent.push(envelope);
      return {};
    });
  const delivered = (envelope: JsonObject, seq = 1, recipient = 0): JsonObject => ({
    version: 'v2',
    seq,
    message_id: (envelope.aad as JsonObject).message_id ?? '',
    from_aid: NORA,
    t_server: clock.now(),
    envelope_json: JSON.stringify(toPerDeviceForm(envelope, recipient, { tServer: clock.now() })),
  });
  return { clock, nora, otto, send, sent, delivered };
};

describe('an acknowledgement', () => {
  it('has old prekeys destroyed, which is looked after once a minute', async () => {
    const { otto, clock } = world();
    const day = 86_400_000;
    const stored = async () =>
      (await otto.store.listPrekeys(OTTO, 'd-otto', '')).map(({ spkId }) => spkId).sort();
    const save = (spkId: string, ageDays: number) =>
      otto.store.savePrekey(OTTO, 'd-otto', {
        spkId,
        groupId: '',
        privateScalar: otto.key.toScalar(),
        publicSpki: otto.key.publicKey.spki,
        createdAt: clock.now() - ageDays * day,
      });
    await save('new', 0);
    await save('old', 181);
    await otto.coordinator.acked(1);
    expect(await stored()).toEqual(['new']);
    await save('older', 182);
    await otto.coordinator.acked(2);
    expect(await stored()).toEqual(['new', 'older']);
    await clock.advance(60_000);
    await otto.coordinator.acked(3);
    expect(await stored()).toEqual(['new']);
  });
});

const failure = (code: number): AUNError => new RpcError('stale', { code });

describe('sending', () => {
  it('encrypts to the verified key of the recipient, who opens it', async () => {
    const { otto, send, sent, delivered } = world();
    await send();
    const [envelope] = sent;
    expect(JSON.stringify(envelope)).not.toContain('"hi"');
    const outcome = await otto.coordinator.openRow(delivered(envelope as JsonObject));
    expect(outcome).toMatchObject({
      kind: 'message',
      event: 'message.received',
      message: { from: NORA, payload: { text: 'hi' }, encrypted: true },
    });
  });

  it('refuses a bootstrap in which the server put another key for the recipient', async () => {
    const { nora, send, sent } = world();
    const attacker = new Agent(OTTO, 'd-otto');
    nora.bootstrap = () => ({ peer_devices: [attacker.row()], e2ee_wrap_policy: policy });
    await expect(send()).rejects.toThrow(/spk_ik_mismatch/);
    await expect(send()).rejects.toBeInstanceOf(E2EEError);
    expect(sent).toEqual([]);
  });

  it('looks for a new certificate once when the recipient has a new key', async () => {
    const { nora, otto, send, sent } = world();
    const rekeyed = new Agent(OTTO, 'd-otto');
    let looks = 0;
    nora.lookUp = () => {
      looks += 1;
      if (looks === 2) nora.certificates.set(OTTO, rekeyed.key);
    };
    nora.bootstrap = (peer) => ({
      peer_devices: peer === OTTO ? [rekeyed.row()] : [nora.row()],
      e2ee_wrap_policy: policy,
    });
    await send();
    expect(looks).toBe(2);
    expect(sent).toHaveLength(1);
    expect(otto.calls).toEqual([]);
  });

  it('never sends when the recipient has no devices or no certificate', async () => {
    const { nora, send, sent } = world();
    nora.certificates.clear();
    await expect(send()).rejects.toThrow(NotFoundError);
    nora.bootstrap = () => ({ peer_devices: [] });
    nora.coordinator.bootstraps.invalidate();
    await expect(send()).rejects.toThrow(/no devices found/);
    expect(sent).toEqual([]);
  });

  it('asks for the recipients once per hour', async () => {
    const { clock, nora, send } = world();
    await send();
    await send();
    expect(nora.calls.map(({ params }) => params.peer_aid).sort()).toEqual([NORA, OTTO]);
    await clock.advance(3_600_001);
    await send();
    expect(nora.calls).toHaveLength(4);
    nora.coordinator.bootstraps.invalidate(OTTO);
    await send();
    expect(nora.calls).toHaveLength(5);
  });

  it.each([-33011, -33012, -33050, -33052, -33054])(
    'looks again and resends once after %i [89]',
    async (code) => {
      const { nora } = world();
      let attempts = 0;
      const send = () =>
        nora.coordinator.send(OTTO, { payload: {}, messageId: 'm-1' }, async (envelope) => {
          attempts += 1;
          if (attempts === 1) throw failure(code);
          return (envelope.aad as JsonObject).message_id;
        });
      expect(await send()).toBe('m-1');
      expect(attempts).toBe(2);
      expect(nora.calls.filter(({ params }) => params.peer_aid === OTTO)).toHaveLength(2);
      attempts = 0;
      await expect(
        nora.coordinator.send(OTTO, { payload: {} }, async () => {
          attempts += 1;
          throw failure(code);
        }),
      ).rejects.toThrow('stale');
      expect(attempts).toBe(2);
    },
  );

  it.each([-33020, -32602, 5000, -32040])('does not resend after %i [89]', async (code) => {
    const { nora } = world();
    let attempts = 0;
    await expect(
      nora.coordinator.send(OTTO, { payload: {} }, async () => {
        attempts += 1;
        throw failure(code);
      }),
    ).rejects.toThrow('stale');
    expect(attempts).toBe(1);
  });
});

describe('receiving', () => {
  it('holds a message while the network hides the sender, and opens it afterwards', async () => {
    const { clock, otto, send, sent, delivered } = world();
    await send();
    let down = true;
    otto.lookUp = () => {
      if (down) throw new NetworkError('pki is down');
    };
    const outcome = await otto.coordinator.openRow(delivered(sent[0] as JsonObject));
    expect(outcome.kind).toBe('held');
    let later: unknown = null;
    if (outcome.kind === 'held')
      void outcome.later.then((result) => {
        later = result;
      });
    await clock.advance(30_000);
    expect(later).toBeNull();
    down = false;
    await clock.advance(60_000);
    expect(later).toMatchObject({ kind: 'message', message: { payload: { text: 'hi' } } });
  });

  it('reports a message whose sender nobody knows, once', async () => {
    const { otto, send, sent, delivered } = world();
    await send();
    otto.certificates.clear();
    const outcome = await otto.coordinator.openRow(delivered(sent[0] as JsonObject));
    if (outcome.kind !== 'held') throw new Error(outcome.kind);
    const later = await outcome.later;
    expect(later).toMatchObject({
      kind: 'message',
      event: 'message.undecryptable',
      returned: false,
      message: { _decrypt_stage: 'sender_ik' },
    });
    expect(JSON.stringify(later)).not.toContain('ciphertext');
  });

  it('abandons held messages on close, unacknowledged', async () => {
    const { otto, send, sent, delivered, clock } = world();
    await send();
    otto.lookUp = () => {
      throw new NetworkError('pki is down');
    };
    const outcome = await otto.coordinator.openRow(delivered(sent[0] as JsonObject));
    if (outcome.kind !== 'held') throw new Error(outcome.kind);
    await settle();
    otto.coordinator.close();
    expect(await outcome.later).toEqual({ kind: 'abandoned' });
    expect(clock.timers).toBe(0);
  });

  it('drops a replay under another number', async () => {
    const { otto, send, sent, delivered } = world();
    await send();
    const envelope = sent[0] as JsonObject;
    expect((await otto.coordinator.openRow(delivered(envelope, 1))).kind).toBe('message');
    expect((await otto.coordinator.openRow(delivered(envelope, 1))).kind).toBe('message');
    expect((await otto.coordinator.openRow(delivered(envelope, 2))).kind).toBe('skip');
  });

  it('rotates once when thirty messages have waited for the same prekey [03 §10]', async () => {
    const { nora, otto, send, sent, delivered } = world();
    const uploads = () => otto.calls.filter(({ method }) => method === 'message.v2.put_peer_pk');
    await otto.coordinator.connected('long');
    const prekey = uploads()[0]?.params ?? {};
    nora.bootstrap = (peer) => ({
      peer_devices: peer === OTTO ? [{ ...otto.row(), ...prekey, device_id: 'd-otto' }] : [nora.row()],
      e2ee_wrap_policy: {
        ...policy,
        protocol: '3DH',
        scope: 'device',
        per_aid_wrap: false,
        per_device_wrap: true,
      },
    });
    for (let message = 0; message < 30; message += 1) await send();
    const rows = sent.map((envelope, index) => {
      const own = (envelope.recipients as JsonValue[][]).findIndex(([aid]) => aid === OTTO);
      return delivered(envelope, index + 1, own);
    });
    for (const row of rows) expect((await otto.coordinator.openRow(row)).kind).toBe('message');
    await settle();
    const ids = uploads().map(({ params }) => params.spk_id);
    expect(ids).toHaveLength(2);
    expect(ids[1]).not.toBe(ids[0]);
    expect(await otto.store.listPrekeys(OTTO, 'd-otto', '')).toHaveLength(2);
  });

  it('publishes its prekey on every connect', async () => {
    const { nora } = world();
    await nora.coordinator.connected('long');
    await nora.coordinator.connected('long');
    const uploads = nora.calls.filter(({ method }) => method === 'message.v2.put_peer_pk');
    expect(uploads).toHaveLength(2);
    expect(uploads[0]?.params.spk_id).toBe(uploads[1]?.params.spk_id);
    await nora.coordinator.ensurePrekey();
    expect(nora.calls).toHaveLength(2);
  });
});
