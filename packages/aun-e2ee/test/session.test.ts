import { PrivateKey } from 'aun-crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Envelope, PrekeyRegistration } from '../src/index.js';
import {
  buildGroupTargets,
  buildP2PTargets,
  E2EESession,
  MemoryPrekeyStore,
  newThoughtId,
  perDeviceText,
  recipientTree,
  type SenderKeyRequest,
  sharedBodyText,
  thoughtSelector,
} from '../src/index.js';
import { GROUP, NOW } from './fixtures.js';

/** One device of the test network with its session and what it published. */
class Node {
  readonly store = new MemoryPrekeyStore();
  readonly session: E2EESession;
  readonly asked: SenderKeyRequest[] = [];
  time = NOW;
  published = new Map<string, PrekeyRegistration>();

  constructor(
    readonly network: Node[],
    readonly aid: string,
    readonly deviceId: string,
    readonly key = PrivateKey.generate(),
    previousIdentityKeys: readonly PrivateKey[] = [],
  ) {
    this.session = new E2EESession({
      aid,
      deviceId,
      identityKey: key,
      previousIdentityKeys,
      store: this.store,
      senderKeys: (request) => {
        this.asked.push(request);
        return network.find((node) => node.aid === request.aid)?.key.publicKey ?? null;
      },
      clock: { now: () => this.time },
    });
    network.push(this);
  }

  async publish(groupId = '', mode: 'once' | 'rotate' = 'once') {
    const registration = await this.session.registration({ groupId, mode });
    if (registration === null) return null;
    this.published.set(groupId, registration);
    await this.session.markUploaded(registration);
    return registration;
  }

  row(groupId = '') {
    const spki = Buffer.from(this.key.publicKey.spki).toString('base64');
    const params = (this.published.get(groupId) ?? this.published.get(''))?.params;
    return { aid: this.aid, device_id: this.deviceId, ik_pk: spki, ...params };
  }
}

const pulled = (envelope: Envelope, node: Node, seq: number, from = envelope.aad.from) => {
  const index = envelope.recipients.findIndex(
    ([aid, id]) => aid === node.aid && (id === node.deviceId || id === ''),
  );
  const row = envelope.recipients[index] ?? [];
  const tree = recipientTree(envelope.recipients);
  return {
    ...{ version: 'v2', seq, message_id: envelope.aad.message_id, from_aid: from, t_server: NOW },
    ...{ device_id: node.deviceId, ...('group_id' in envelope ? { group_id: envelope.group_id } : {}) },
    envelope_json: perDeviceText(sharedBodyText(envelope as never), row, tree.proof(index), NOW),
  };
};

let network: Node[];
let ivo: Node;
let noor: Node;

beforeEach(() => {
  network = [];
  ivo = new Node(network, 'ivo.agents.example', 'laptop');
  noor = new Node(network, 'noor.agents.example', 'phone');
});

const trustedKey = (aid: string) => network.find((node) => node.aid === aid)?.key.publicKey ?? null;

function send(payload: object = { type: 'text', text: 'hi' }, to = noor, extra: object = {}) {
  const built = buildP2PTargets({
    ...{
      selfAid: ivo.aid,
      selfDeviceId: ivo.deviceId,
      trustedKey,
      to: to.aid,
      cache: ivo.session.recipients,
    },
    bootstrap: { peer_devices: [to.row()] },
  });
  if (!built.ok) throw new Error(built.error.message);
  return ivo.session.encryptP2P({ ...built.data, payload: payload as never, ...extra });
}

function sendGroup(members: readonly Node[] = [noor]) {
  const built = buildGroupTargets({
    ...{ selfAid: ivo.aid, selfDeviceId: ivo.deviceId, trustedKey, groupId: GROUP },
    bootstrap: { devices: [ivo, ...members].map((node) => node.row(GROUP)) },
  });
  if (!built.ok) throw new Error(built.error.message);
  return ivo.session.encryptGroup({ ...built.data, payload: { type: 'text' }, groupId: GROUP, epoch: 1 });
}

describe('two parties', () => {
  it('without a prekey the message is wrapped to the identity key', async () => {
    const outcome = await noor.session.openRow(pulled(send(), noor, 1));
    expect(outcome).toMatchObject({
      kind: 'delivered',
      message: { payload: { text: 'hi' }, timestamp: NOW, direction: 'inbound', encrypted: true },
      opened: { protocol: '1DH' },
      rotation: null,
    });
  });

  it('a consumed prekey asks to be rotated, and the next message uses the new one', async () => {
    await noor.publish();
    const first = pulled(send(), noor, 1);
    expect(await noor.session.openRow(first)).toMatchObject({
      kind: 'delivered',
      rotation: { kind: 'rotate_peer' },
    });
    await noor.publish('', 'rotate');
    expect(await noor.session.openRow(pulled(send(), noor, 2))).toMatchObject({
      opened: { protocol: '3DH' },
    });
    // The old private key is still there for messages under way.
    expect(await noor.session.openRow(first)).toMatchObject({ kind: 'delivered', rotation: null });
  });

  it('the same message under another seq is a replay, under the same seq a second pull', async () => {
    const envelope = send();
    expect((await noor.session.openRow(pulled(envelope, noor, 1))).kind).toBe('delivered');
    expect((await noor.session.openRow(pulled(envelope, noor, 1))).kind).toBe('delivered');
    expect(await noor.session.openRow(pulled(envelope, noor, 2))).toEqual({
      kind: 'dropped',
      reason: 'replay',
    });
  });

  it('a server that lies about the sender is found out', async () => {
    const mallory = new Node(network, 'mallory.agents.example', 'd', ivo.key);
    const outcome = await noor.session.openRow(pulled(send(), noor, 1, mallory.aid));
    expect(outcome).toMatchObject({
      kind: 'undecryptable',
      event: { event: 'message.undecryptable', payload: { code: 'aad_mismatch', _decrypt_stage: 'decrypt' } },
    });
  });

  it('a message of an unknown sender waits, and opens once the key is there', async () => {
    const row = pulled(send(), noor, 1);
    const [hidden] = network.splice(0, 1);
    expect(await noor.session.openRow(row)).toEqual({
      ...{ kind: 'pending', from: ivo.aid, deviceId: ivo.deviceId, groupId: '' },
    });
    const late = await noor.session.openRow(row, { allowPending: false });
    expect(late).toMatchObject({
      event: { payload: { _decrypt_error: 'sender_ik_not_found', payload_type: 'text' } },
    });
    network.push(hidden as Node);
    expect((await noor.session.openRow(row, { allowPending: false })).kind).toBe('delivered');
  });

  it('asks for a sender once and then uses the cache, by fingerprint', async () => {
    await noor.session.openRow(pulled(send(), noor, 1));
    await noor.session.openRow(pulled(send(), noor, 2));
    expect(noor.asked).toEqual([
      { aid: ivo.aid, deviceId: 'laptop', fingerprint: ivo.key.publicKey.keyId() },
    ]);
    noor.time += 60 * 60 * 1000;
    await noor.session.openRow(pulled(send(), noor, 3));
    expect(noor.asked).toHaveLength(2);
  });

  it('after a rekey, messages wrapped to the old key still open', async () => {
    const envelope = send();
    const rekeyed = new Node([...network], noor.aid, noor.deviceId, PrivateKey.generate(), [noor.key]);
    expect((await rekeyed.session.openRow(pulled(envelope, rekeyed, 1))).kind).toBe('delivered');
  });

  it('a raw push is opened in place; anything older becomes an event', async () => {
    const envelope = send();
    const push = { seq: 1, from: ivo.aid, message_id: envelope.aad.message_id, payload: envelope as never };
    expect((await noor.session.openPush(push, false)).kind).toBe('delivered');
    const { version: _, ...unversioned } = { ...send() };
    expect((await noor.session.openPush({ ...push, payload: unversioned as never }, false)).kind).toBe(
      'delivered',
    );
    const v1 = { seq: 2, from: ivo.aid, payload: { type: 'e2ee.group_encrypted', ciphertext: 'x' } };
    expect(await noor.session.openPush(v1, true)).toMatchObject({
      event: { event: 'group.message_undecryptable', payload: { _decrypt_stage: 'push_envelope' } },
    });
    const old = { seq: 2, from: ivo.aid, payload: { type: 'e2ee.encrypted', ciphertext: 'x' } };
    expect(await noor.session.openPush(old, false)).toMatchObject({
      event: { event: 'message.undecryptable', payload: { _decrypt_stage: 'push_envelope' } },
    });
  });

  it('plaintext rows pass, encrypted leftovers of version 1 are skipped', async () => {
    const row = { version: 'v1', seq: 1, message_id: 'm', from_aid: ivo.aid, t_server: NOW };
    const plain = { ...row, legacy_v1: { to: noor.aid, payload: { type: 'text' } } };
    expect(await noor.session.openRow(plain)).toMatchObject({
      kind: 'delivered',
      message: { encrypted: false, to: noor.aid, payload: { type: 'text' } },
    });
    const legacy = { ...row, legacy_v1: { payload: { type: 'e2ee.encrypted' } } };
    expect(await noor.session.openRow(legacy)).toEqual({ kind: 'dropped', reason: 'legacy_envelope' });
    expect(await noor.session.openRow({ ...row, version: 'v9' })).toEqual({
      ...{ kind: 'dropped', reason: 'unknown_version' },
    });
  });
});

describe('own prekeys', () => {
  it('a registration is made once per process, again on every connect, and anew when rotated', async () => {
    const first = await noor.publish();
    expect(await noor.publish()).toBeNull();
    const again = await noor.session.registration({ mode: 'republish' });
    expect(again?.spkId).toBe(first?.spkId);
    const rotated = await noor.session.registration({ mode: 'rotate' });
    expect(rotated?.spkId).not.toBe(first?.spkId);
    expect((await noor.session.registration({ mode: 'republish' }))?.spkId).toBe(rotated?.spkId);
  });

  it('a group registration is skipped when a marker says it was made', async () => {
    await noor.publish(GROUP);
    const later = new E2EESession({
      ...{ aid: noor.aid, deviceId: noor.deviceId, identityKey: noor.key, store: noor.store },
      senderKeys: () => null,
      clock: { now: () => NOW },
    });
    expect(await later.registration({ groupId: GROUP, mode: 'unmarked' })).toBeNull();
    expect(await later.registration({ groupId: 'other.agents.example', mode: 'unmarked' })).not.toBeNull();
  });

  it('a consumed old prekey goes after 7 days, 7 generations and its acknowledgement', async () => {
    const first = await noor.publish();
    const row = pulled(send(), noor, 5);
    for (let i = 0; i < 7; i++) await noor.publish('', 'rotate');
    expect((await noor.session.openRow(row)).kind).toBe('delivered');
    noor.time += 7 * 24 * 60 * 60 * 1000;
    expect(await noor.session.acked(4)).toEqual([]);
    expect(await noor.session.acked(5)).toEqual([first?.spkId]);
    expect(await noor.session.openRow(row)).toMatchObject({
      event: { payload: { _decrypt_stage: 'spk_lookup', code: 'spk_missing', _spk_id: first?.spkId } },
    });
  });

  it('only P-256 identities have a session', () => {
    const identityKey = PrivateKey.fromScalar(new Uint8Array(48).fill(1), 'P-384');
    const rest = { aid: 'a.b', deviceId: '', store: new MemoryPrekeyStore(), senderKeys: () => null };
    expect(() => new E2EESession({ ...rest, identityKey, clock: { now: () => NOW } })).toThrow(
      'AID private key must be EC P-256',
    );
  });

  it('a closed session has let go of its keys but can still look them up', async () => {
    await noor.publish();
    const row = pulled(send(), noor, 1);
    await noor.session.openRow(row);
    noor.session.close();
    expect((await noor.session.openRow(row)).kind).toBe('delivered');
  });
});

describe('groups', () => {
  it('a device prekey in a group asks for a group prekey, once', async () => {
    await noor.publish();
    const first = await noor.session.openRow(pulled(sendGroup(), noor, 1));
    expect(first).toMatchObject({
      kind: 'delivered',
      message: { group_id: GROUP },
      rotation: { kind: 'publish_group', groupId: GROUP },
    });
    expect(await noor.session.openRow(pulled(sendGroup(), noor, 2))).toMatchObject({ rotation: null });
  });

  it('a consumed group prekey asks to be rotated', async () => {
    await noor.publish(GROUP);
    expect(await noor.session.openRow(pulled(sendGroup(), noor, 1))).toMatchObject({
      rotation: { kind: 'rotate_group', groupId: GROUP },
    });
  });

  it('a message of one group handed out in another is refused', async () => {
    const row = { ...pulled(sendGroup(), noor, 1), group_id: 'other.agents.example' };
    expect(await noor.session.openRow(row)).toMatchObject({
      event: { event: 'group.message_undecryptable', payload: { code: 'aad_mismatch' } },
    });
  });
});

describe('thoughts', () => {
  const context = { type: 'run', id: 'run-17' };
  const put = () => {
    const thoughtId = newThoughtId('p2p');
    return { thoughtId, payload: send({ type: 'thought' }, noor, { messageId: thoughtId, context }) };
  };
  const answer = (items: object[]) => ({ found: true, sender_aid: ivo.aid, context, thoughts: items });

  it('are read any number of times, without the replay check', async () => {
    const { thoughtId, payload } = put();
    const item = { thought_id: thoughtId, from: ivo.aid, to: noor.aid, context, payload, created_at: NOW };
    for (let i = 0; i < 2; i++) {
      expect(await noor.session.openThoughts(answer([item]), 'p2p')).toMatchObject([
        { thought_id: thoughtId, payload: { type: 'thought' }, e2ee: { context }, context },
      ]);
    }
  });

  it('listed under another selector, or of another kind, they stay closed', async () => {
    const { thoughtId, payload } = put();
    const other = { ...context, id: 'run-18' };
    const items = [
      { thought_id: thoughtId, from: ivo.aid, context: other, payload },
      { thought_id: 'x', payload: { type: 'e2ee.group_encrypted', version: 'v2' } },
      { thought_id: 'y', payload: { type: 'note' } },
    ];
    const read = await noor.session.openThoughts(answer(items), 'p2p');
    expect(read.map((item) => item.decrypt_failed)).toEqual([true, true, undefined]);
    expect(read[0]).toMatchObject({ payload: { type: 'e2ee.p2p_encrypted' } });
  });

  it('need a selector with type and id', () => {
    expect(() => thoughtSelector({ type: 'run' })).toThrow('type and id');
    expect(thoughtSelector(context)).toEqual(context);
    expect(newThoughtId('group')).toMatch(/^gt-[0-9a-f-]{36}$/);
  });
});
