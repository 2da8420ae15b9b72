import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildPage, type RowFormat } from '../../src/services/message/page.js';
import { oversizeRow, pullRow } from '../../src/services/message/row-text.js';
import { openDatabase } from '../../src/store/database.js';
import { createInboxStore } from '../../src/store/inbox-store.js';
import { migrations } from '../../src/store/migrations/all.js';
import { migrate } from '../../src/store/migrations.js';

const rowsOf = (name: string, parameters: string) => `EXPLAIN QUERY PLAN ${name} ${parameters}`;

describe('97: a page costs the page, not the backlog', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aun-page-'));
  const db = openDatabase(join(folder, 'gateway.db'));
  migrate(db, migrations, 1);
  const rows = Number(process.env.AUN_SOAK) === 1 ? 1_000_000 : 50_000;
  db.transaction(() => {
    db.exec(`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO bodies (message_id, from_aid, to_aid, kind, type, t_server, expires_at, sender_device, sender_ip, content)
      SELECT 'm-' || i, 'a.demo.example', 'b.demo.example', 0, 'text', i, i, '', '', '"payload":' || i FROM n`);
    db.exec(
      "INSERT INTO inbox (device_no, seq, body_id, outbound, size, wrap) SELECT 1, body_id, body_id, 0, 20, '' FROM bodies",
    );
  });
  const inbox = createInboxStore(db);
  const receiver = { deviceId: 'd', address: '::1' };
  const format: RowFormat = {
    row: (row: Parameters<typeof pullRow>[0]) => pullRow(row, receiver),
    oversize: (row, size, budget) => oversizeRow(row, receiver, size, budget),
  };

  it('pages through the whole backlog in order, 50 rows each', () => {
    let after = rows - 500;
    const seqs: number[] = [];
    for (;;) {
      const page = buildPage(inbox, 1, after, 50, 900_000, format);
      seqs.push(...page.rows.map((row) => row.seq));
      after = page.lastSeq;
      if (!page.hasMore) break;
      expect(page.rows).toHaveLength(50);
    }
    expect(seqs).toEqual(Array.from({ length: 500 }, (_, i) => rows - 499 + i));
  });

  it('reads by primary key only: no scan, no sort', () => {
    const plans = [
      rowsOf('SELECT seq, size FROM inbox', 'WHERE device_no = 1 AND seq > 7 ORDER BY seq LIMIT 51'),
      rowsOf(
        'SELECT i.seq, b.content FROM inbox i INNER JOIN bodies b ON b.body_id = i.body_id',
        'WHERE i.device_no = 1 AND i.seq > 7 AND i.seq <= 57 ORDER BY i.seq',
      ),
    ].map((sql) => db.rawAll(sql).map((step) => String(step.detail)));
    for (const step of plans.flat())
      expect(step).toMatch(/^SEARCH .* USING (PRIMARY KEY|INTEGER PRIMARY KEY)/);
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
