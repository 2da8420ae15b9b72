import type { IDBPTransaction } from 'idb';
import { isDomException } from '../errors.js';
import type { Connection, Database } from './connection.js';

export type ReadTransaction = IDBPTransaction<unknown, string[], 'readonly'>;
export type WriteTransaction = IDBPTransaction<unknown, string[], 'readwrite'>;

/** `work` may only await requests of its transaction: anything else would let it commit early. */
export async function readIn<T>(
  connection: Connection,
  stores: readonly string[],
  work: (transaction: ReadTransaction) => Promise<T>,
): Promise<T> {
  const transaction = await begin(connection, (database) => database.transaction([...stores], 'readonly'));
  return settle(transaction, () => work(transaction));
}

/**
 * All of `work` or nothing; resolves once it is on the disk. What `work` throws aborts the transaction. `relaxed`
 * leaves the flush to the system: for what the network gives again.
 */
export async function writeIn<T>(
  connection: Connection,
  stores: readonly string[],
  work: (transaction: WriteTransaction) => Promise<T>,
  durability: 'strict' | 'relaxed' = 'strict',
): Promise<T> {
  const transaction = await begin(connection, (database) =>
    database.transaction([...stores], 'readwrite', { durability }),
  );
  return settle(transaction, () => work(transaction));
}

/** A connection may have stepped aside for another tab since it was opened: once more with a new one. */
async function begin<T>(connection: Connection, start: (database: Database) => T): Promise<T> {
  const database = await connection.open();
  try {
    return start(database);
  } catch (error) {
    if (!isDomException(error) || error.name !== 'InvalidStateError') throw error;
    await connection.close();
    return start(await connection.open());
  }
}

type Settling = Pick<ReadTransaction | WriteTransaction, 'done' | 'abort' | 'error'>;

async function settle<T>(transaction: Settling, work: () => Promise<T>): Promise<T> {
  const ended = transaction.done.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  let result: T;
  try {
    result = await work();
  } catch (error) {
    abort(transaction);
    await ended;
    // A request cut off by its transaction says "AbortError"; the transaction knows why (quota, disk).
    throw (isAbort(error) && transaction.error) || error;
  }
  const failure = await ended;
  if (failure === null) return result;
  throw transaction.error ?? failure.error;
}

const isAbort = (error: unknown): boolean => isDomException(error) && error.name === 'AbortError';

function abort(transaction: Settling): void {
  try {
    transaction.abort();
  } catch (error) {
    // It has ended already, of itself.
    if (!isDomException(error) || error.name !== 'InvalidStateError') throw error;
  }
}
