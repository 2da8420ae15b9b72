import type { FileLayer, SqlDatabase } from '../../src/index.js';

/** One touch of the disk: its number from 1, what it is, and how to do only half of it (a torn write). */
export interface Operation {
  readonly number: number;
  readonly name: string;
  readonly path: string;
  readonly changes: boolean;
  readonly tear?: () => void;
}

const reading = new Set(['read', 'list', 'stat', 'get', 'all']);

/** Reports every operation, those inside SQLite included, before it happens. */
export function instrument(files: FileLayer, before: (operation: Operation) => void): FileLayer {
  let count = 0;
  const paths = new Map<number, string>();
  const report = (name: string, path: string, tear?: () => void) => {
    count += 1;
    const changes = !reading.has(name);
    before({ number: count, name, path, changes, ...(tear === undefined ? {} : { tear }) });
  };
  const touching =
    <A extends readonly unknown[], R>(name: string, work: (path: string, ...rest: A) => R) =>
    (path: string, ...rest: A): R => {
      report(name, path);
      return work(path, ...rest);
    };
  const onHandle =
    (name: string, work: (handle: number) => void) =>
    (handle: number): void => {
      report(name, paths.get(handle) ?? '');
      work(handle);
    };
  return {
    open(path, mode, permissions) {
      report(`open ${mode}`, path);
      const handle = files.open(path, mode, permissions);
      paths.set(handle, path);
      return handle;
    },
    write(handle, bytes) {
      const half = bytes.subarray(0, Math.floor(bytes.length / 2));
      report('write', paths.get(handle) ?? '', () => files.write(handle, half));
      files.write(handle, bytes);
    },
    fsync: onHandle('fsync', files.fsync),
    close: onHandle('close', files.close),
    read: touching('read', files.read),
    fsyncDirectory: touching('fsyncDirectory', files.fsyncDirectory),
    rename: touching('rename', files.rename),
    link: touching('link', files.link),
    unlink: touching('unlink', files.unlink),
    makeDirectory: touching('makeDirectory', files.makeDirectory),
    removeDirectory: touching('removeDirectory', files.removeDirectory),
    list: touching('list', files.list),
    stat: touching('stat', files.stat),
    chmod: touching('chmod', files.chmod),
    touch: touching('touch', files.touch),
    database(path) {
      report('database', path);
      return instrumentDatabase(files.database(path), (name) => report(name, path));
    },
  };
}

function instrumentDatabase(database: SqlDatabase, report: (name: string) => void): SqlDatabase {
  return {
    exec(sql) {
      report(`exec ${sql.slice(0, 12)}`);
      database.exec(sql);
    },
    run(sql, ...params) {
      report('run');
      return database.run(sql, ...params);
    },
    get(sql, ...params) {
      report('get');
      return database.get(sql, ...params);
    },
    all(sql, ...params) {
      report('all');
      return database.all(sql, ...params);
    },
    close() {
      report('close database');
      database.close();
    },
  };
}
