import assert from 'node:assert/strict';
import { canonicalJson, type JsonObject, normalizeGroupId } from 'aun-core';
import { hexEncode, utf8Encode } from 'aun-crypto';
import type { E2eeApi, VectorCheck } from './check.js';
import { privateKey, publicKey } from './vector-keys.js';

interface CommitmentCase {
  readonly name: string;
  readonly group_id: string;
  readonly version_number: number;
  readonly state_payload: JsonObject;
  readonly normalised_group_id: string;
  readonly sorted_payload_canonical_utf8: string;
  readonly preimage_hex: string;
  readonly state_hash: string;
}

interface ProposalCase {
  readonly name: string;
  readonly self_aid: string;
  readonly owner_ik_private_hex: string;
  readonly owner_public_spki_der_b64: string;
  readonly group_id: string;
  readonly get_members: JsonObject;
  readonly bootstrap: JsonObject;
  readonly get_state: JsonObject;
  readonly expected_call_order: readonly string[];
  readonly expected_propose_params: JsonObject | null;
  readonly expected_confirm_params: JsonObject | null;
  readonly sign_payload_utf8?: string;
}

interface ConfirmCase {
  readonly name: string;
  readonly group_id: string;
  readonly get_proposal_result: JsonObject;
  readonly get_state_result: JsonObject;
  readonly confirmed: boolean;
  readonly expected_calls: readonly (readonly [string, JsonObject])[];
}

interface SignatureCase {
  readonly name: string;
  readonly group_id: string;
  readonly bootstrap: JsonObject;
  readonly actor_public_spki_der_b64: string;
  readonly result: 'valid' | 'invalid' | 'skipped';
  readonly reference_error?: string;
}

interface ElectionCase {
  readonly name: string;
  readonly self_aid: string;
  readonly self_device_id: string;
  readonly group_id: string;
  readonly online_members: JsonObject;
  readonly bootstrap_devices: readonly JsonObject[];
  readonly proceed: boolean;
  readonly delay_key: string | null;
  readonly delay_ms: number;
  readonly expected_calls: readonly string[];
}

interface ForkCase {
  readonly name: string;
  readonly group_id: string;
  readonly steps: readonly {
    readonly chain: string;
    readonly server_state_version: number;
    readonly stored: readonly [number, string] | null;
    readonly get_state_called: boolean;
    readonly events: readonly { readonly event: string; readonly payload: JsonObject }[];
  }[];
}

interface ClassicCase {
  readonly name: string;
  readonly event: JsonObject;
  readonly local_state: { readonly state_hash: string } | null;
  readonly preimage_hex: string;
  readonly expected_hash: string;
  readonly accepted: boolean;
}

export interface StateFile {
  readonly group_id_normalisation: readonly {
    readonly input: string;
    readonly local_issuer?: string;
    readonly output: string;
  }[];
  readonly state_commitment: readonly CommitmentCase[];
  readonly state_commitment_errors: readonly { readonly name: string; readonly version_number: number }[];
  readonly auto_proposals: readonly ProposalCase[];
  readonly confirmations: readonly ConfirmCase[];
  readonly state_signatures: { readonly sign_payload_utf8: string; readonly cases: readonly SignatureCase[] };
  readonly leader_delay: {
    readonly delay_cases: readonly { readonly input: string; readonly delay_ms: number }[];
    readonly election_cases: readonly ElectionCase[];
  };
  readonly fork_detection: readonly ForkCase[];
  readonly classic_state_hash: { readonly cases: readonly ClassicCase[] };
}

/** e2ee-state.json (03 §1.5, §12). */
export function stateChecks(api: E2eeApi, file: StateFile): VectorCheck[] {
  const check = <T>(section: string, vectors: readonly T[], run: (vector: T) => void | Promise<void>) =>
    vectors.map((vector) => ({
      name: `${section}: ${(vector as { name?: string }).name ?? JSON.stringify(vector)}`,
      run: () => run(vector),
    }));
  return [
    ...check('group id', file.group_id_normalisation, (v) => {
      const options = v.local_issuer === undefined ? {} : { localIssuer: v.local_issuer };
      assert.equal(normalizeGroupId(v.input, options), v.output);
    }),
    ...check('commitment', file.state_commitment, (v) => checkCommitment(api, v)),
    ...check('commitment refuses', file.state_commitment_errors, (v) => {
      assert.throws(() => api.stateHash('crew.agents.example', v.version_number, {}));
    }),
    ...check('proposal', file.auto_proposals, (v) => checkProposal(api, v)),
    ...check('confirmation', file.confirmations, (v) => checkConfirmation(api, v)),
    ...check('signature', file.state_signatures.cases, (v) =>
      checkSignature(api, v, file.state_signatures.sign_payload_utf8),
    ),
    ...check('delay', file.leader_delay.delay_cases, (v) =>
      assert.equal(api.leaderDelayMs(v.input), v.delay_ms),
    ),
    ...check('election', file.leader_delay.election_cases, (v) => checkElection(api, v)),
    ...check('fork', file.fork_detection, (v) => checkFork(api, v)),
    ...check('classic hash', file.classic_state_hash.cases, (v) => checkClassic(api, v)),
  ];
}

function checkCommitment(api: E2eeApi, v: CommitmentCase): void {
  const before = JSON.stringify(v.state_payload);
  assert.equal(normalizeGroupId(v.group_id), v.normalised_group_id);
  const text = canonicalJson(api.sortStatePayload(v.state_payload));
  assert.equal(text, v.sorted_payload_canonical_utf8);
  assert.ok(v.preimage_hex.endsWith(hexEncode(utf8Encode(text))));
  assert.equal(api.stateHash(v.group_id, v.version_number, v.state_payload), v.state_hash);
  assert.equal(JSON.stringify(v.state_payload), before, 'the payload is not mutated');
}

async function checkProposal(api: E2eeApi, v: ProposalCase): Promise<void> {
  const calls: [string, JsonObject][] = [];
  const answers: { readonly [method: string]: unknown } = {
    'group.get_members': v.get_members,
    'group.v2.get_proposal': { proposal: null },
    'group.v2.bootstrap': v.bootstrap,
    'group.get_state': v.get_state,
    'group.v2.propose_state': { proposal_id: 'sp-1' },
    'group.v2.confirm_state': { success: true },
  };
  const deps = {
    selfAid: v.self_aid,
    identityKey: privateKey(v.owner_ik_private_hex),
    call: async (method: string, params: JsonObject) => {
      calls.push([method, params]);
      return answers[method];
    },
    now: () => 0,
    wait: async () => undefined,
  };
  await api.proposeGroupState(deps, v.group_id);
  assert.deepEqual(
    calls.map(([method]) => method),
    v.expected_call_order,
  );
  const proposed = calls.find(([method]) => method === 'group.v2.propose_state')?.[1] ?? null;
  const confirmed = calls.find(([method]) => method === 'group.v2.confirm_state')?.[1] ?? null;
  assert.deepEqual(confirmed, v.expected_confirm_params);
  if (v.expected_propose_params === null || proposed === null) {
    assert.equal(proposed, v.expected_propose_params);
    return;
  }
  const { signature, ...params } = proposed;
  const { signature: reference, ...expected } = v.expected_propose_params;
  assert.deepEqual(params, expected);
  checkProposalSignatures(api, v, params, [String(signature), String(reference)]);
}

function checkProposalSignatures(
  api: E2eeApi,
  v: ProposalCase,
  params: JsonObject,
  signatures: readonly string[],
): void {
  const state = {
    groupId: v.group_id,
    stateVersion: Number(params.state_version),
    stateHash: String(params.state_hash),
    snapshot: String(params.membership_snapshot),
  };
  assert.equal(api.stateSignPayload(state), v.sign_payload_utf8);
  const key = publicKey(v.owner_public_spki_der_b64);
  for (const signature of signatures) assert.ok(api.verifyState(state, signature, key));
}

async function checkConfirmation(api: E2eeApi, v: ConfirmCase): Promise<void> {
  const calls: [string, JsonObject][] = [];
  const deps = {
    selfAid: 'mila.agents.example',
    identityKey: privateKey('01'.repeat(32)),
    call: async (method: string, params: JsonObject) => {
      calls.push([method, params]);
      return method === 'group.v2.get_proposal' ? v.get_proposal_result : v.get_state_result;
    },
    now: () => 0,
    wait: async () => undefined,
  };
  assert.equal(await api.confirmPendingState(deps, v.group_id), v.confirmed);
  assert.deepEqual(calls, v.expected_calls);
}

function checkSignature(api: E2eeApi, v: SignatureCase, signPayload: string): void {
  const state = api.bootstrapState(v.group_id, v.bootstrap);
  if (v.result === 'valid') assert.equal(api.stateSignPayload(state), signPayload);
  const checked = api.checkBootstrapState(state, { actorKey: publicKey(v.actor_public_spki_der_b64) });
  assert.equal(checked.ok ? checked.data : 'invalid', v.result);
  if (!checked.ok && v.reference_error !== undefined) assert.equal(checked.error.message, v.reference_error);
}

async function checkElection(api: E2eeApi, v: ElectionCase): Promise<void> {
  const calls: string[] = [];
  const call = async (method: string) => {
    calls.push(method);
    return method === 'group.get_online_members' ? v.online_members : { devices: v.bootstrap_devices };
  };
  const decision = await api.decideLeader(
    { selfAid: v.self_aid, selfDeviceId: v.self_device_id, call },
    v.group_id,
  );
  assert.deepEqual(decision, { proceed: v.proceed, delayKey: v.delay_key, delayMs: v.delay_ms });
  assert.deepEqual(calls, v.expected_calls);
}

async function checkFork(api: E2eeApi, v: ForkCase): Promise<void> {
  const detector = new api.ForkDetector();
  for (const step of v.steps) {
    let asked = false;
    const event = await detector.check(v.group_id, step.chain, async () => {
      asked = true;
      return { state_version: step.server_state_version };
    });
    assert.equal(asked, step.get_state_called);
    const known = detector.known(v.group_id);
    assert.deepEqual(known === undefined ? null : [known.stateVersion, known.chain], step.stored);
    assert.deepEqual(
      event === null ? [] : [{ event: 'group.v2.fork_detected', payload: event }],
      step.events,
    );
  }
}

function checkClassic(api: E2eeApi, v: ClassicCase): void {
  const state = api.readClassicState(v.event);
  const preimage = api.classicStatePreimage(state);
  assert.ok(preimage);
  assert.equal(hexEncode(preimage), v.preimage_hex);
  assert.equal(api.classicStateHash(state), v.expected_hash);
  const local = v.local_state === null ? null : { stateHash: v.local_state.state_hash };
  assert.equal(api.judgeClassicState(state, local) === 'store', v.accepted);
}
