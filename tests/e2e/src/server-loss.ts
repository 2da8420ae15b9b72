import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';

/** Takes from a stopped gateway everything by which it knows its tokens: refresh tokens and signing keys. */
export const loseTokens = (dataDir: string): void => {
  const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
  const file = files.find((name) => name.endsWith('.db'));
  if (file === undefined) throw new Error(`no database in ${dataDir}`);
  const database = new Database(join(dataDir, file));
  database.exec('DELETE FROM refresh_tokens');
  database.close();
  const folders = files.filter((name) => /^ca\/[^/]+\/auth$/.test(name));
  if (folders.length === 0) throw new Error(`no signing keys in ${dataDir}`);
  for (const folder of folders) rmSync(join(dataDir, folder), { recursive: true });
};
