import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonObject, type Logger, noopLogger } from 'aun-core';
import { randomBytes } from 'aun-crypto';
import { afterAll } from 'vitest';
import { openCertificateOffice } from '../../src/ca/open-ca.js';
import { loadConfig } from '../../src/config/load.js';
import type { GatewayConfigInput } from '../../src/config/schema.js';
import { createIdentityPlane } from '../../src/identity-plane.js';
import { checkParams } from '../../src/rpc/check-params.js';
import { RpcFailure } from '../../src/rpc/failure.js';
import type { CallContext } from '../../src/rpc/method.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { createGroupCommit } from '../../src/store/group-commit.js';
import { migrations } from '../../src/store/migrations/all.js';
import { migrate } from '../../src/store/migrations.js';
import { type FakeClock, fakeClock } from './fake-clock.js';

export type Reply = { readonly [key: string]: unknown };

export interface Plane {
  readonly identity: ReturnType<typeof createIdentityPlane>;
  readonly office: Awaited<ReturnType<typeof openCertificateOffice>>;
  readonly clock: FakeClock;
  readonly dataDir: string;
  readonly db: Database;
  readonly audited: Reply[];
  readonly changedCards: string[];
  call(method: string, params: JsonObject, address?: string): Promise<Reply>;
  /** The same with the JSON text of the params as a client wrote it. */
  callText(method: string, paramsText: string): Promise<Reply>;
  close(): void;
}

const folders: string[] = [];

/** Also of planes that a test replaced by another without closing them. */
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'aun-plane-'));
  folders.push(folder);
  return folder;
};

const context = (
  method: string,
  params: JsonObject,
  paramsText: string,
  address: string,
  clock: FakeClock,
): CallContext =>
  ({
    connection: { id: 'c-1', nonce: 'n', remoteAddress: address },
    session: null,
    method,
    rawParams: params,
    rawParamsText: () => paramsText,
    remoteAddress: address,
    now: () => clock.now(),
    signal: new AbortController().signal,
    afterReply: () => {},
    setPeer: () => {},
    addMeta: () => {},
  }) as unknown as CallContext;

/** Identity services over a real CA and database, without sockets; time is fake. */
export const openPlane = async (
  input: GatewayConfigInput = {},
  reuse: { dataDir?: string; clock?: FakeClock } = {},
): Promise<Plane> => {
  const dataDir = reuse.dataDir ?? newFolder();
  const clock = reuse.clock ?? fakeClock();
  const config = loadConfig({
    overrides: { rateLimits: { scale: 0 }, issuers: ['example.test'], ...input, dataDir },
  });
  const office = await openCertificateOffice(config, clock);
  const db = openDatabase(join(dataDir, 'gateway.db'));
  migrate(db, migrations, clock.now());
  const audited: Reply[] = [];
  const changedCards: string[] = [];
  const audit: Logger = {
    ...noopLogger,
    info: (event, fields) => audited.push({ event, ...fields }),
    warn: (event, fields) => audited.push({ event, ...fields }),
  };
  const identity = createIdentityPlane({
    config,
    office,
    db,
    commit: createGroupCommit(db, noopLogger),
    clock,
    random: randomBytes,
    audit,
    onAgentMdChanged: (aid) => changedCards.push(aid),
  });
  const run = async (name: string, paramsText: string, address: string): Promise<Reply> => {
    const method = identity.methods.find((one) => one.name === name || one.aliases.includes(name));
    if (method === undefined) throw new Error(`no method ${name}`);
    const params = JSON.parse(paramsText) as JsonObject;
    return (await method.handle(
      checkParams(method.params, params),
      context(name, params, paramsText, address, clock),
    )) as Reply;
  };
  return {
    identity,
    office,
    clock,
    dataDir,
    db,
    audited,
    changedCards,
    call: (name, params, address = '192.0.2.1') => run(name, JSON.stringify(params), address),
    callText: (name, paramsText) => run(name, paramsText, '192.0.2.1'),
    close() {
      db.close();
    },
  };
};

/** Code and message of a refused call. */
export const refusal = async (
  call: Promise<unknown>,
): Promise<{ code: number; message: string; data: unknown }> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcFailure) return { code: error.code, message: error.message, data: error.data };
    throw error;
  }
  throw new Error('the call was not refused');
};
