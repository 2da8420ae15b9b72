import { PrivateKey } from 'aun-crypto';
import { describe, expect, it } from 'vitest';
import {
  buildStatePayload,
  checkBootstrapState,
  conflictsWithState,
  membershipSnapshot,
  membershipView,
  nextStateChain,
  proposeGroupState,
  signState,
  stateHash,
  tamperEvent,
  unsignedMembers,
  VerifiedStates,
} from '../src/index.js';
import { GROUP } from './fixtures.js';

const key = PrivateKey.generate();
const members = [
  { aid: 'ivo.agents.example', role: 'owner' },
  { aid: 'noor.agents.example', role: 'member' },
];

function signedBootstrap(payload = buildStatePayload(members, {})) {
  const snapshot = membershipSnapshot(payload);
  const hash = stateHash(GROUP, 1, payload);
  const signature = signState({ groupId: GROUP, stateVersion: 1, stateHash: hash, snapshot }, key);
  return {
    groupId: GROUP,
    stateVersion: 1,
    stateHash: hash,
    snapshot,
    signature,
    actorAid: 'ivo.agents.example',
    chain: '',
  };
}

describe('03 §12: group state', () => {
  it('the chain has the known answers', () => {
    const first = nextStateChain('', 'a'.repeat(64));
    expect(first).toBe('2ebb45fcd716106326cf46987296e624a156d7bc682608ac93d0098131e0ad10');
    expect(nextStateChain(first, 'b'.repeat(64))).toBe(
      'b4369847fc63558d95d069522a8fca2dd28ffeb6e9dd41899d0ddf47f1b5a448',
    );
    expect(() => nextStateChain('', 'xyz')).toThrow(TypeError);
  });

  it('only lists are sorted, everything else is hashed as it is', () => {
    const hash = (payload: object) => stateHash(GROUP, 1, payload as never);
    const others = [{ a: 1 }, {}, null, 'x', 1, []];
    expect(new Set(others.map((members) => hash({ members }))).size).toBe(others.length);
    const withDevices = others.map((devices) => hash({ members: [{ aid: 'a.b', devices }] }));
    expect(new Set(withDevices).size).toBe(others.length);
    const aids = [{ aid: { toString: 1 } }, { aid: [{ toString: 1 }] }, { aid: 'b' }];
    expect(hash({ members: aids })).toMatch(/^[0-9a-f]{64}$/);
  });

  it('the group service example hashes to its known answer', () => {
    const payload = {
      admin_set: { admin_aids: ['alice.demo.test'], threshold: 1 },
      audit_aids: [],
      history_policy: 'recent_7_days',
      join_policy_hash: null,
      members: [
        { aid: 'alice.demo.test', devices: [{ device_id: 'dev-a', ik_fp: 'sha256:0011223344556677' }] },
        { aid: 'bobby.demo.test', devices: [] },
      ],
      recovery_quorum: null,
      wrap_protocol: '3DH',
    };
    expect(stateHash('10042.demo.test', 2, payload)).toBe(
      'd0da6417d72f7e8c7fa3ff8616adf217b578eb5d6d0f83a207f56e06e1089a14',
    );
  });

  it('a validly signed hash that does not follow from its snapshot is refused', () => {
    const snapshot = signedBootstrap().snapshot;
    const stateHash = '0'.repeat(64);
    const signature = signState({ groupId: GROUP, stateVersion: 1, stateHash, snapshot }, key);
    const state = { ...signedBootstrap(), stateHash, signature };
    const checked = checkBootstrapState(state, { actorKey: key.publicKey });
    expect(checked).toMatchObject({ ok: false, error: { code: 'state_hash_mismatch' } });
  });

  it('an actor who was no admin before is refused', () => {
    const trust = { actorKey: key.publicKey, previousAdmins: ['mila.agents.example'] };
    expect(checkBootstrapState(signedBootstrap(), trust)).toMatchObject({
      error: { code: 'state_actor_not_admin' },
    });
    const fine = { actorKey: key.publicKey, previousAdmins: ['ivo.agents.example'] };
    expect(checkBootstrapState(signedBootstrap(), fine)).toEqual({ ok: true, data: 'valid' });
  });

  it('a checked state is not checked again for an hour, a changed one is', () => {
    const states = new VerifiedStates();
    const trust = { actorKey: key.publicKey };
    const state = signedBootstrap();
    expect(states.check(state, trust, 0)).toEqual({ ok: true, data: 'valid' });
    expect(states.check(state, trust, 1)).toEqual({ ok: true, data: 'valid' });
    const changed = { ...state, snapshot: `${state.snapshot} ` };
    expect(states.check(changed, trust, 1)).toMatchObject({ error: { code: 'state_signature_invalid' } });
    const stranger = { actorKey: PrivateKey.generate().publicKey };
    expect(states.check(state, stranger, 1)).toMatchObject({ error: { code: 'state_signature_invalid' } });
  });

  it('a message bound to another hash of a known version is noticed', () => {
    const aad = { state_commitment: { state_version: 2, state_hash: 'aa', state_chain: '' } };
    expect(conflictsWithState(aad, { stateVersion: 2, stateHash: 'bb' })).toBe(true);
    expect(conflictsWithState(aad, { stateVersion: 2, stateHash: 'aa' })).toBe(false);
    expect(conflictsWithState(aad, { stateVersion: 3, stateHash: 'bb' })).toBe(false);
  });

  it('devices of an AID that nobody signed are tampering in a controlled group only', () => {
    const bootstrap = {
      state_membership_snapshot: signedBootstrap().snapshot,
      devices: [{ aid: 'noor.agents.example' }, { aid: 'mallory.agents.example' }],
    };
    const extra = unsignedMembers(bootstrap);
    expect(extra).toEqual(['mallory.agents.example']);
    expect(tamperEvent(GROUP, extra, 'approval')).toEqual({
      ...{ group_id: GROUP, pending_extra: extra, mode: 'approval' },
    });
    expect(tamperEvent(GROUP, extra, 'open')).toBeNull();
    const list = { state_membership_snapshot: '["a"]', member_aids: ['b', 'a'] };
    expect(unsignedMembers(list)).toEqual(['b']);
  });

  it('new members are pending until a state names them, and hidden in controlled groups', () => {
    const input = { members: ['a', 'b', 'new'], snapshotMembers: ['a', 'b', 'gone'], stateVersion: 2 };
    expect(membershipView({ ...input, joinMode: 'approval' })).toEqual({
      ...{ committed: ['a', 'b'], pendingAdds: ['new'], pendingRemoves: ['gone'], visible: ['a', 'b'] },
      securityLevel: 'end_to_end',
    });
    expect(membershipView({ ...input, joinMode: 'open' })).toMatchObject({
      ...{ visible: ['a', 'b', 'new'], securityLevel: 'transport' },
    });
    expect(membershipView({ ...input, stateVersion: 0, joinMode: 'approval' })).toMatchObject({
      ...{ committed: ['a', 'b', 'new'], pendingAdds: [], pendingRemoves: [] },
    });
  });

  it('another admin with a pending proposal is waited for, at most 35 s', async () => {
    const waits: number[] = [];
    const proposal = { proposal_id: 'sp-1', state_version: 9, auto_confirm_at: 100_000 };
    const deps = {
      selfAid: 'ivo.agents.example',
      identityKey: key,
      call: async (method: string) =>
        method === 'group.get_members' ? { members } : { proposal, proposal_id: 'sp-2' },
      now: () => 0,
      wait: async (ms: number) => void waits.push(ms),
    };
    expect((await proposeGroupState(deps, GROUP)).kind).toBe('confirmed');
    expect(waits).toEqual([35_000]);
  });

  it('a proposal with a wrong signature is not confirmed', async () => {
    const { stateVersion, stateHash: hash, snapshot, signature } = signedBootstrap();
    const pending = {
      proposal_id: 'sp-1',
      state_version: stateVersion,
      state_hash: hash,
      prev_state_hash: '',
    };
    const proposal = {
      ...pending,
      membership_snapshot: snapshot,
      signature,
      actor_aid: 'mila.agents.example',
    };
    const calls: string[] = [];
    const deps = (actorKey: PrivateKey) => ({
      selfAid: 'ivo.agents.example',
      identityKey: key,
      call: async (method: string) => {
        calls.push(method);
        return method === 'group.v2.get_proposal' ? { proposal } : { state_version: 0 };
      },
      now: () => 0,
      wait: async () => undefined,
      actorKey: async () => actorKey.publicKey,
    });
    const { confirmPendingState } = await import('../src/index.js');
    expect(await confirmPendingState(deps(PrivateKey.generate()), GROUP)).toBe(false);
    expect(calls).not.toContain('group.v2.confirm_state');
    expect(await confirmPendingState(deps(key), GROUP)).toBe(true);
  });
});
