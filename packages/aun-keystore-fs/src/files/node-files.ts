import * as fs from 'node:fs';
import type { FileLayer, FileStat } from './file-layer.js';
import { openLibsql } from './libsql-database.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants;
/** No file of the store comes near this; what does is none of ours and must not fill the memory. */
const MAX_READ_BYTES = 64 * 1024 * 1024;
const isWindows = process.platform === 'win32';

/** The disk itself. */
export const nodeFiles: FileLayer = {
  open(path, mode, permissions = 0o600) {
    if (mode === 'read') return fs.openSync(path, O_RDONLY);
    return fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), permissions);
  },
  read: readRegularFile,
  write(handle, bytes) {
    let written = 0;
    while (written < bytes.length) written += fs.writeSync(handle, bytes, written);
  },
  fsync: (handle) => fs.fsyncSync(handle),
  close: (handle) => fs.closeSync(handle),
  fsyncDirectory(path) {
    if (isWindows) return;
    const handle = fs.openSync(path, O_RDONLY);
    try {
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
  },
  rename(from, to) {
    try {
      fs.renameSync(from, to);
    } catch (error) {
      if (!isWindows || !isReplaceRefusal(error)) throw error;
      fs.unlinkSync(to);
      fs.renameSync(from, to);
    }
  },
  link: (existing, path) => fs.linkSync(existing, path),
  unlink: (path) => fs.unlinkSync(path),
  makeDirectory: (path, permissions) => {
    fs.mkdirSync(path, { mode: permissions });
  },
  removeDirectory: (path) => fs.rmdirSync(path),
  list: (path) => fs.readdirSync(path),
  stat: (path, follow) => toFileStat(follow ? fs.statSync(path) : fs.lstatSync(path)),
  chmod: (path, permissions) => fs.chmodSync(path, permissions),
  touch: (path, timeMs) => fs.utimesSync(path, timeMs / 1000, timeMs / 1000),
  database: openLibsql,
};

/** A pipe or device under a name of ours must not stop the process, so it is opened without waiting and refused. */
function readRegularFile(path: string): Uint8Array {
  const handle = fs.openSync(path, O_RDONLY | (O_NONBLOCK ?? 0));
  try {
    const stat = fs.fstatSync(handle);
    if (!stat.isFile())
      throw readRefusal(stat.isDirectory() ? 'EISDIR' : 'EINVAL', 'not a regular file', path);
    if (stat.size > MAX_READ_BYTES) throw readRefusal('E2BIG', `larger than ${MAX_READ_BYTES} bytes`, path);
    return new Uint8Array(fs.readFileSync(handle));
  } finally {
    fs.closeSync(handle);
  }
}

function readRefusal(code: string, reason: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${reason}, read '${path}'`), { code, syscall: 'read', path });
}

function toFileStat(stat: fs.Stats): FileStat {
  const kind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'directory'
      : stat.isSymbolicLink()
        ? 'symlink'
        : 'other';
  return {
    kind,
    size: stat.size,
    mtimeMs: stat.mtimeMs,
    mode: stat.mode & 0o777,
    id: `${stat.dev}:${stat.ino}`,
  };
}

function isReplaceRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'EEXIST' || code === 'EPERM' || code === 'EACCES';
}
