import { KeyStoreError, type Logger } from 'aun-core';
import { type IDBPDatabase, unwrap, wrap } from 'idb';
import { isDomException, refused, toKeyStoreError } from '../errors.js';
import type { Platform } from '../platform.js';

/** One database of this origin: what it is called, which version we write, and how to get there. */
export interface DatabaseSpec {
  readonly name: string;
  readonly version: number;
  /** Stores without which the database cannot be used. */
  readonly stores: readonly string[];
  /** Runs inside the upgrade transaction: all of it happens, or nothing. */
  upgrade(database: IDBDatabase, transaction: IDBTransaction, oldVersion: number): void;
}

export type Database = IDBPDatabase<unknown>;

/**
 * An IndexedDB connection that opens on demand. It steps aside when another tab wants to upgrade or delete the
 * database, and is opened again by the next call (08 §10.3).
 */
export class Connection {
  #open: Promise<Database> | undefined;

  constructor(
    readonly spec: DatabaseSpec,
    readonly platform: Platform,
    readonly logger: Logger,
  ) {}

  /** @throws {KeyStoreError} `unsupported`, `busy` (upgrade blocked by another tab), `no_space`, `io` */
  open(): Promise<Database> {
    if (this.#open !== undefined) return this.#open;
    const opening = this.#connect();
    this.#open = opening;
    opening.catch(() => {
      // The caller sees why; the next call tries again.
      if (this.#open === opening) this.#open = undefined;
    });
    return opening;
  }

  async close(): Promise<void> {
    const opening = this.#open;
    this.#open = undefined;
    try {
      (await opening)?.close();
    } catch (error) {
      this.logger.debug('key store: a connection that never opened was closed', {
        database: this.spec.name,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }

  async #connect(): Promise<Database> {
    try {
      const database = await this.#openAny();
      this.#stepAside(database);
      return wrap(database);
    } catch (error) {
      throw toKeyStoreError(error);
    }
  }

  /** A database of a newer build is used as it is, if it still has our stores (08 §7.2). */
  async #openAny(): Promise<IDBDatabase> {
    try {
      return await this.#request(this.spec.version);
    } catch (error) {
      if (!isDomException(error) || error.name !== 'VersionError') throw error;
    }
    const database = await this.#request(undefined);
    const missing = this.spec.stores.filter((name) => !database.objectStoreNames.contains(name));
    if (missing.length === 0) return database;
    database.close();
    throw new KeyStoreError(
      'unsupported',
      `database ${this.spec.name}: version ${database.version} has no store ${missing.join(', ')}`,
    );
  }

  #request(version: number | undefined): Promise<IDBDatabase> {
    const request = this.#start(version);
    return new Promise((resolve, reject) => {
      let failed = false;
      const fail = (error: unknown): void => {
        failed = true;
        reject(error);
      };
      let upgrading: IDBTransaction | null = null;
      request.onupgradeneeded = (event) => {
        upgrading = request.transaction;
        if (upgrading !== null) this.#upgrade(request.result, upgrading, event.oldVersion, fail);
      };
      request.onblocked = () =>
        fail(new KeyStoreError('busy', `database ${this.spec.name}: upgrade blocked by another tab`));
      request.onerror = () => fail(openFailure(request.error, upgrading));
      request.onsuccess = () => {
        // Late, after it was blocked: the upgrade is done, and the next call opens again.
        if (failed) request.result.close();
        else resolve(request.result);
      };
    });
  }

  #start(version: number | undefined): IDBOpenDBRequest {
    const { indexedDB } = this.platform;
    if (indexedDB === null || indexedDB === undefined) throw refused();
    try {
      return indexedDB.open(this.spec.name, version);
    } catch (error) {
      throw refused(error);
    }
  }

  #upgrade(
    database: IDBDatabase,
    transaction: IDBTransaction,
    oldVersion: number,
    fail: (error: unknown) => void,
  ): void {
    try {
      this.spec.upgrade(database, transaction, oldVersion);
    } catch (error) {
      fail(error);
      transaction.abort();
    }
  }

  #stepAside(database: IDBDatabase): void {
    const forget = (): void => {
      const opened = this.#open;
      void opened?.then(
        (current) => {
          if (unwrap(current) === database && this.#open === opened) this.#open = undefined;
        },
        () => {
          // Whoever asked for it has seen why it did not open.
        },
      );
    };
    database.onversionchange = () => {
      database.close();
      forget();
    };
    database.onclose = forget;
  }
}

/** An aborted upgrade says only "AbortError"; its transaction knows why. Firefox refuses in private mode by state. */
function openFailure(error: DOMException | null, upgrading: IDBTransaction | null): unknown {
  const reason = upgrading?.error ?? error;
  return reason?.name === 'InvalidStateError' ? refused(reason) : (reason ?? new Error('no reason given'));
}
