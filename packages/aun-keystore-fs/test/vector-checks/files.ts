import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Json } from './case.js';

export function put(root: string, path: string, content: string | Uint8Array): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
}

export const textOf = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');
export const isThere = (root: string, path: string): boolean => existsSync(join(root, path));

/** Files below `root`, with `/`, sorted; lock directories are left out. */
export function filesIn(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !path.startsWith('locks/'))
    .sort();
}

/** Unpacks the gzip + base64 files of the `tree` section. */
export function unpack(root: string, files: Json): void {
  for (const [path, value] of Object.entries(files)) {
    const { mode, gzip_base64: packed } = value as { mode: string; gzip_base64: string };
    put(root, path, gunzipSync(Buffer.from(packed, 'base64')));
    chmodSync(join(root, path), Number.parseInt(mode, 8));
  }
}
