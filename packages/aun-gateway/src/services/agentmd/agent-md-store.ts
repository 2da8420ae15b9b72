import { sql } from 'kysely';
import type { Database } from '../../store/database.js';
import type { AgentMdRow } from '../../store/tables/identity.js';

/** The table of published documents. Synchronous. */
export const createAgentMdStore = (db: Database) => {
  const find = db.statement<{ aid: string }, AgentMdRow>((q, p) =>
    q.selectFrom('agent_md').selectAll().where('aid', '=', p.aid),
  );
  const put = db.statement<AgentMdRow>((q, p) =>
    q
      .insertInto('agent_md')
      .values({
        aid: p.aid,
        content: p.content,
        etag: p.etag,
        visibility: p.visibility,
        modified_at: p.modified_at,
      })
      .onConflict((conflict) =>
        conflict.column('aid').doUpdateSet((eb) => ({
          content: eb.ref('excluded.content'),
          etag: eb.ref('excluded.etag'),
          visibility: eb.ref('excluded.visibility'),
          modified_at: eb.ref('excluded.modified_at'),
        })),
      ),
  );
  const listPublic = db.statement<{ suffix: string; limit: number }, AgentMdRow>((q, p) =>
    q
      .selectFrom('agent_md')
      .selectAll()
      .where('visibility', '=', 'public')
      // Whatever follows the first dot of the AID.
      .where(sql`substr(aid, instr(aid, '.') + 1)`, '=', p.suffix)
      .orderBy('modified_at', 'desc')
      .limit(p.limit),
  );
  const drop = db.statement<{ aid: string }>((q, p) => q.deleteFrom('agent_md').where('aid', '=', p.aid));
  return {
    find: (aid: string): AgentMdRow | undefined => find.get({ aid }),
    put: (row: AgentMdRow): void => {
      put.run(row);
    },
    listPublic: (issuer: string, limit: number): AgentMdRow[] => listPublic.all({ suffix: issuer, limit }),
    remove: (aid: string): boolean => drop.run({ aid }).changes > 0,
  };
};

export type AgentMdStore = ReturnType<typeof createAgentMdStore>;
