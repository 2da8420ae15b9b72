import { convertToGroupAid, type GroupStateRecord, splitAid, splitGroupId } from 'aun-core';
import type { StoreContext } from '../context.js';
import { identityDatabase } from '../db/identity-database.js';
import { readDatabase, writeDatabase } from '../db/use-database.js';
import type { SqlRow } from '../files/sql-database.js';
import type { Steps } from '../steps.js';

/** The row of a group under any spelling of its id that older builds used (08 §7.6). */
export function* loadGroupState(
  context: StoreContext,
  aid: string,
  groupId: string,
): Steps<GroupStateRecord | null> {
  const localIssuer = splitAid(aid).issuer;
  return yield* readDatabase(context, identityDatabase(context, aid), (database) => {
    for (const id of spellings(groupId, localIssuer)) {
      const row = database.get('SELECT * FROM group_state WHERE group_id = ?', id);
      if (row !== undefined) return toRecord(row);
    }
    return null;
  });
}

export function* saveGroupState(context: StoreContext, aid: string, state: GroupStateRecord): Steps<void> {
  const localIssuer = splitAid(aid).issuer;
  yield* writeDatabase(context, identityDatabase(context, aid), (database) =>
    database.run(
      `INSERT INTO group_state (group_id, state_version, state_hash, key_epoch, membership_json, policy_json, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (group_id) DO UPDATE
       SET state_version = excluded.state_version, state_hash = excluded.state_hash, key_epoch = excluded.key_epoch,
           membership_json = excluded.membership_json, policy_json = excluded.policy_json, updated_at = excluded.updated_at`,
      convertToGroupAid(state.groupId, { localIssuer }),
      state.stateVersion,
      state.stateHash,
      state.keyEpoch,
      state.membershipJson,
      state.policyJson,
      context.clock.now(),
    ),
  );
}

function spellings(groupId: string, localIssuer: string): ReadonlySet<string> {
  const normal = convertToGroupAid(groupId, { localIssuer });
  const { base, domain } = splitGroupId(normal, { localIssuer });
  const known = new Set([groupId, normal, `group.${domain}/${base}`, `${base}@${domain}`]);
  if (domain === localIssuer) known.add(base);
  return known;
}

function toRecord(row: SqlRow): GroupStateRecord {
  return {
    groupId: String(row.group_id),
    stateVersion: Number(row.state_version),
    stateHash: String(row.state_hash),
    keyEpoch: Number(row.key_epoch),
    membershipJson: String(row.membership_json),
    policyJson: String(row.policy_json),
  };
}
