import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import type { SentMessage } from './conversation.js';
import { DemoError } from './explain.js';

export interface StoredEnvelope {
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  readonly recipients: readonly string[];
}

export interface Evidence {
  readonly rows: readonly StoredEnvelope[];
  readonly files: readonly string[];
  readonly bytesSearched: number;
  readonly textsSearched: number;
}

/**
 * Opens the gateway's own files and looks for what was said.
 *
 * @throws {DemoError} if a text is found, or if a message id (which the gateway knows) is not: then the search is blind
 */
export function inspectGateway(dataDir: string, sent: readonly SentMessage[]): Evidence {
  const files = allFiles(dataDir);
  const database = files.find((file) => file.endsWith('.db'));
  if (database === undefined) throw new DemoError(`no database in ${dataDir}`);
  const contents = files.map((file) => readFileSync(file));

  for (const { messageId, text } of sent) {
    if (!contents.some((content) => content.includes(messageId))) {
      throw new DemoError(`message ${messageId} is not in ${dataDir}: looked in the wrong place`);
    }
    const leaked = needles(text).find((needle) => contents.some((content) => content.includes(needle)));
    if (leaked !== undefined)
      throw new DemoError(`the gateway stored the text ${JSON.stringify(leaked)} in the clear`);
  }
  return {
    rows: storedEnvelopes(database, sent),
    files,
    bytesSearched: contents.reduce((sum, content) => sum + content.length, 0),
    textsSearched: sent.length,
  };
}

/**
 * What the text would look like if it were stored: as a JSON member and, unless it looks like an identifier that the
 * gateway may know, by itself. Long texts are searched piece by piece, because a database splits them over pages.
 */
function needles(text: string): string[] {
  const member = `"text":${JSON.stringify(text)}`;
  const own = /^[\w.:@/-]*$/.test(text) || text.length < 12 ? [] : pieces(text);
  return [...pieces(member), ...own];
}

const pieceLength = 64;

function pieces(text: string): string[] {
  const starts = [0, Math.floor(text.length / 2), text.length - pieceLength];
  return [
    ...new Set(starts.map((start) => text.slice(Math.max(0, start), Math.max(0, start) + pieceLength))),
  ].filter((piece) => piece.length >= Math.min(12, text.length));
}

function storedEnvelopes(file: string, sent: readonly SentMessage[]): StoredEnvelope[] {
  const database = new Database(file, { readonly: true });
  try {
    const find = database.prepare(
      `SELECT b.body_id AS body, b.type, b.from_aid AS sender, b.to_aid AS addressee, length(b.content) AS bytes
         FROM bodies b WHERE b.message_id = ?`,
    );
    const rows = database.prepare(
      `SELECT d.owner_aid AS aid, d.device_id AS device FROM inbox i JOIN devices d USING (device_no) WHERE i.body_id = ?`,
    );
    return sent.flatMap(({ messageId }) => {
      const body = find.get(messageId) as
        | { body: number; type: string; sender: string; addressee: string; bytes: number }
        | undefined;
      if (body === undefined) return [];
      const recipients = (rows.all(body.body) as { aid: string; device: string }[]).map(
        ({ aid, device }) => `${aid}/${device.slice(0, 8)}`,
      );
      return [{ type: body.type, from: body.sender, to: body.addressee, bytes: body.bytes, recipients }];
    });
  } finally {
    database.close();
  }
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}
