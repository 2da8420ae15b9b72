import { canonicalJson, type JsonObject } from 'aun-core';
import { PrivateKey, PublicKey } from 'aun-crypto';
import { describe, expect, it } from 'vitest';
import {
  E2EESession,
  type Envelope,
  encryptGroup,
  encryptP2P,
  MemoryPrekeyStore,
  ReplaySet,
  type RotationAction,
  type SessionOptions,
  type Target,
} from '../src/index.js';
import { openedMessage } from '../src/opened-message.js';
import { GROUP, ivo, NOW } from './fixtures.js';

const DAY = 24 * 60 * 60 * 1000;
const AID = 'noor.agents.example';
const DEVICE = 'phone';
const OTHER_GROUP = 'other.agents.example';

/** Noor's session and what she published. */
function setUp(options: Partial<SessionOptions> = {}) {
  const clock = { time: NOW, now: () => clock.time };
  const identityKey = PrivateKey.generate();
  const store = new MemoryPrekeyStore();
  const session = new E2EESession({
    ...{ aid: AID, deviceId: DEVICE, identityKey, store, clock },
    senderKeys: () => ivo.identityKey.publicKey,
    ...options,
  });
  /** Publishes a prekey and gives the target that senders make of it. */
  const publish = async (groupId = '', role: Target['role'] = 'peer'): Promise<Target> => {
    const registration = await session.registration({ groupId, mode: 'rotate' });
    if (registration === null) throw new Error('nothing to publish');
    await session.markUploaded(registration);
    const { key_source: keySource, spk_pk } = registration.params;
    const prekey = PublicKey.fromSpki(Buffer.from(spk_pk, 'base64'));
    const identity = identityKey.publicKey;
    const place = { aid: AID, deviceId: DEVICE, role, keySource };
    return { ...place, identityKey: identity, prekey, prekeyId: registration.spkId };
  };
  return { clock, session, publish };
}

const context = { type: 'run', id: 'r-1' };
const p2p = (target: Target, extra: object = {}) =>
  encryptP2P({ sender: ivo, targets: [target], payload: { type: 'text' }, timestamp: NOW, ...extra });
const toGroup = (target: Target, extra: object = {}) =>
  encryptGroup({
    ...{ sender: ivo, targets: [target], payload: { type: 'text' }, timestamp: NOW, groupId: GROUP },
    epoch: 1,
    ...extra,
  });
const pulled = (envelope: Envelope, extra: object = {}) => ({
  ...{ version: 'v2', seq: 1, message_id: envelope.aad.message_id, from_aid: ivo.aid },
  envelope_json: JSON.stringify(envelope),
  ...('group_id' in envelope ? { group_id: envelope.group_id } : {}),
  ...extra,
});

describe('03 §10: a thought consumes prekeys as a message does', () => {
  const listed = (items: readonly Envelope[]) => ({
    ...{ found: true, sender_aid: ivo.aid, group_id: GROUP, context },
    thoughts: items.map((payload, i) => ({ thought_id: `gt-${i}`, from: ivo.aid, payload })),
  });

  it('the group prekey of the thoughts of one answer is rotated once', async () => {
    const actions: RotationAction[] = [];
    const { session, publish } = setUp({ onRotation: (action) => actions.push(action) });
    const target = await publish(GROUP, 'member');
    const thoughts = [toGroup(target, { context }), toGroup(target, { context })];
    expect(await session.openThoughts(listed(thoughts), 'group')).toMatchObject([
      { payload: { type: 'text' } },
      { payload: { type: 'text' } },
    ]);
    expect(actions).toEqual([{ kind: 'rotate_group', groupId: GROUP }]);
  });

  it('the P2P prekey as well', async () => {
    const actions: RotationAction[] = [];
    const { session, publish } = setUp({ onRotation: (action) => actions.push(action) });
    const thought = p2p(await publish(), { context });
    await session.openThoughts({ ...listed([thought]), group_id: null }, 'p2p');
    expect(actions).toEqual([{ kind: 'rotate_peer' }]);
  });

  it('a first group prekey that nobody was told to publish is asked for again', async () => {
    const { session, publish } = setUp();
    const target = await publish('', 'member');
    await session.openThoughts(listed([toGroup(target, { context })]), 'group');
    expect(await session.openRow(pulled(toGroup(target)))).toMatchObject({
      rotation: { kind: 'publish_group', groupId: GROUP },
    });
  });
});

describe('03 §13: the context of a thought is the signed one', () => {
  it('whatever else the server lists under the same selector', async () => {
    const { session, publish } = setUp();
    const signed = { ...context, extra: 'signed' };
    const thought = p2p(await publish(), { context: signed });
    const item = { thought_id: 'mt-1', from: ivo.aid, payload: thought as unknown as JsonObject };
    const answer = { found: true, context: { ...context, extra: 'FORGED', more: 1 }, thoughts: [item] };
    const [read] = await session.openThoughts(answer, 'p2p');
    expect(read).toMatchObject({ context: signed, e2ee: { context: signed } });
    expect(canonicalJson(read)).not.toContain('FORGED');
  });
});

describe('a row under way has an outcome whatever happens meanwhile', () => {
  /** A session whose sender look-up waits for `release`. */
  function held() {
    const gate = signal();
    const asked = signal();
    const senderKeys = async () => {
      asked.resolve();
      await gate.promise;
      return ivo.identityKey.publicKey;
    };
    return { ...setUp({ senderKeys }), asked: asked.promise, release: gate.resolve };
  }

  it('its prekey is destroyed: it opens, later rows do not', async () => {
    const { clock, session, publish, asked, release } = held();
    const old = await publish();
    clock.time += 181 * DAY;
    await publish();
    const row = pulled(p2p(old));
    const opening = session.openRow(row);
    await asked;
    expect(await session.acked(0)).toEqual([old.prekeyId]);
    release();
    expect((await opening).kind).toBe('delivered');
    expect(await session.openRow({ ...row, seq: 2 })).toMatchObject({
      event: { payload: { code: 'spk_missing' } },
    });
  });

  it('the session is closed', async () => {
    const { session, publish, asked, release } = held();
    const row = pulled(p2p(await publish()));
    const opening = Promise.all([session.openRow(row), session.openRow(row)]);
    await asked;
    session.close();
    release();
    expect((await opening).map(({ kind }) => kind)).toEqual(['delivered', 'delivered']);
  });

  it('the sender look-up fails: the row waits, then becomes an event', async () => {
    for (const senderKeys of [() => Promise.reject(new Error('net')), () => fail()]) {
      const { session, publish } = setUp({ senderKeys });
      const row = pulled(p2p(await publish()));
      expect((await session.openRow(row)).kind).toBe('pending');
      expect(await session.openRow(row, { allowPending: false })).toMatchObject({
        event: { payload: { code: 'sender_ik_not_found' } },
      });
    }
  });
});

/** A promise and what settles it. */
function signal() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function fail(): never {
  throw new Error('no certificate');
}

describe('03 §8.2: the group of a row', () => {
  it('keys are looked up under the signed group, a row of another group is an AAD mismatch', async () => {
    const { session, publish } = setUp();
    const envelope = toGroup(await publish(GROUP, 'member'));
    expect(await session.openRow(pulled(envelope, { group_id: OTHER_GROUP }))).toMatchObject({
      event: {
        event: 'group.message_undecryptable',
        payload: { code: 'aad_mismatch', _decrypt_stage: 'decrypt', group_id: GROUP },
      },
    });
    expect((await session.openRow(pulled(envelope))).kind).toBe('delivered');
  });
});

describe('03 §1.5: the group of an opened message is normalised', () => {
  it('however its sender spelled it', () => {
    const row = ['', '', '', '', '', '', '', ''] as const;
    const opened = openedMessage({ aad: { group_id: 'GROUP.agents.example/Crew' } }, [...row], '1DH', null);
    expect(opened.groupId).toBe(GROUP);
    expect(opened.aad).toEqual({ group_id: 'GROUP.agents.example/Crew' });
  });
});

describe('03 §8.4: replays', () => {
  it('a delivery without a real sequence number is never a second pull', async () => {
    const { session, publish } = setUp();
    const envelope = p2p(await publish());
    const kinds = [];
    for (const seq of ['5', '6', undefined, [1], 0, -1, 1.5, 7]) {
      kinds.push((await session.openRow(pulled(envelope, { seq }))).kind);
    }
    expect(kinds).toEqual(['delivered', ...Array.from({ length: 7 }, () => 'dropped')]);
  });

  it('a P2P message never stands for one of a group', () => {
    const replays = new ReplaySet();
    expect(replays.admit({ from: GROUP, messageId: `${AID}:1`, seq: 1 })).toBe(true);
    expect(replays.admit({ from: AID, messageId: '1', groupId: GROUP, seq: 2 })).toBe(true);
  });

  it('not even under the same nonsense', () => {
    for (const seq of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const replays = new ReplaySet();
      expect([1, 2].map(() => replays.admit({ from: 'a.b', messageId: 'm', seq }))).toEqual([true, false]);
    }
  });
});
