import { convertToGroupAid, type GroupStateRecord, isJsonObject, splitAid, splitGroupId } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';
import { groupStateKey } from '../record-keys.js';

const STORE = 'group_state';

/** The row of a group under any spelling of its id that older builds used (08 §7.6). One row serves all AIDs. */
export async function loadGroupState(
  context: StoreContext,
  aid: string,
  groupId: string,
): Promise<GroupStateRecord | null> {
  const keys = spellings(groupId, splitAid(aid).issuer).map(groupStateKey);
  const rows = await readIn(context.keystore, [STORE], (transaction) =>
    Promise.all(keys.map((key): Promise<unknown> => transaction.objectStore(STORE).get(key))),
  );
  for (const row of rows) if (isJsonObject(row)) return toRecord(row, groupId);
  return null;
}

export async function saveGroupState(
  context: StoreContext,
  aid: string,
  state: GroupStateRecord,
): Promise<void> {
  const groupId = convertToGroupAid(state.groupId, { localIssuer: splitAid(aid).issuer });
  const row = {
    group_id: groupId,
    state_version: state.stateVersion,
    state_hash: state.stateHash,
    key_epoch: state.keyEpoch,
    membership_json: state.membershipJson,
    policy_json: state.policyJson,
    updated_at: context.clock.now(),
  };
  await writeIn(context.keystore, [STORE], (transaction) =>
    transaction.objectStore(STORE).put(row, groupStateKey(groupId)),
  );
  context.notices.tell('group_state', aid);
}

function spellings(groupId: string, localIssuer: string): readonly string[] {
  const normal = convertToGroupAid(groupId, { localIssuer });
  const { base, domain } = splitGroupId(normal, { localIssuer });
  const known = new Set([groupId, normal, `group.${domain}/${base}`, `${base}@${domain}`]);
  if (domain === localIssuer) known.add(base);
  return [...known];
}

function toRecord(row: { readonly [name: string]: unknown }, groupId: string): GroupStateRecord {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return {
    groupId: text(row.group_id) || groupId,
    stateVersion: count(row.state_version),
    stateHash: text(row.state_hash),
    keyEpoch: count(row.key_epoch),
    membershipJson: text(row.membership_json),
    policyJson: text(row.policy_json),
  };
}
