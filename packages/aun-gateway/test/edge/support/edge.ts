import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Logger, noopLogger, systemClock } from 'aun-core';
import { hexEncode, PrivateKey, randomBytes, sha256 } from 'aun-crypto';
import type { AgentMdVersion, AidCertificate, EdgeLimits } from '../../../src/ports.js';
import { createRpcEdge, type RpcEdge } from '../../../src/rpc-edge.js';
import type { PushSettings } from '../../../src/services/push/push-settings.js';
import { type Database, openDatabase } from '../../../src/store/database.js';
import { createGroupCommit } from '../../../src/store/group-commit.js';
import { migrations } from '../../../src/store/migrations/all.js';
import { migrate } from '../../../src/store/migrations.js';
import { type ConnectOptions, connect, TestClient } from './client.js';

export interface KnownAid {
  readonly aid: string;
  key: PrivateKey;
  fingerprint: string;
}

export interface TestEdge {
  readonly url: string;
  readonly db: Database;
  readonly edge: RpcEdge;
  readonly dataDir: string;
  readonly errors: string[];
  /** Registers an AID in the fake directory. */
  register(name: string, domain?: string): KnownAid;
  cards: Map<string, AgentMdVersion>;
  /** A socket that has read its challenge. */
  open(): Promise<TestClient>;
  /** An authenticated long (or short) connection. */
  connect(aid: string, options?: ConnectOptions): Promise<TestClient>;
  /** Closes sockets and database as a killed process would: nothing is flushed. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export const issuer = 'demo.example';

/** The RPC edge on a loopback port, over a real database, with a fake directory: token `t:<aid>` is valid. */
export async function startEdge(
  options: {
    limits?: Partial<EdgeLimits>;
    push?: Partial<PushSettings>;
    dataDir?: string;
    aids?: Map<string, KnownAid>;
    clock?: Clock;
    admitAnonymous?: (address: string) => number;
  } = {},
): Promise<TestEdge> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'aun-edge-'));
  const aids = options.aids ?? new Map<string, KnownAid>();
  const cards = new Map<string, AgentMdVersion>();
  const db = openDatabase(join(dataDir, 'gateway.db'));
  migrate(db, migrations, Date.now());
  const errors: string[] = [];
  const log: Logger = {
    ...noopLogger,
    error: (message, fields) => errors.push(`${message} ${String(fields?.error ?? '')}`),
  };
  const certificate = (aid: string): AidCertificate | null => {
    const known = aids.get(aid);
    if (!known) return null;
    const { fingerprint: certFingerprint, key } = known;
    return {
      certPem: `PEM of ${aid}`,
      certFingerprint,
      spkiDer: key.publicKey.spki,
      chainPems: ['PEM of a CA'],
    };
  };
  const edge = createRpcEdge({
    serverName: `gateway.${issuer}`,
    version: '0.0.0',
    db,
    commit: createGroupCommit(db, log),
    clock: options.clock ?? systemClock,
    log,
    random: randomBytes,
    tokens: {
      verifyAccessToken: async (token) =>
        token.startsWith('t:') && aids.has(token.slice(2))
          ? { ok: true, identity: { aid: token.slice(2), tokenId: 'j' } }
          : { ok: false, reason: 'token is not valid' },
    },
    directory: {
      exists: (aid) => aids.has(aid),
      certificate,
      certificateByFingerprint: (aid, fingerprint) => {
        const found = certificate(aid);
        return found?.certFingerprint === fingerprint ? found : null;
      },
    },
    agentMd: { version: (aid) => cards.get(aid) ?? null },
    methods: [],
    limits: { challengeDelayMs: 5, ...options.limits },
    push: options.push ?? {},
    ...(options.admitAnonymous ? { admitAnonymous: options.admitAnonymous } : {}),
  });
  const server: Server = createServer();
  server.on('upgrade', edge.handleUpgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/aun`;
  const clients = new Set<TestClient>();
  let stopped = false;

  const open = async (): Promise<TestClient> => {
    const client = await TestClient.open(url);
    clients.add(client);
    return client;
  };

  return {
    url,
    db,
    edge,
    dataDir,
    errors,
    cards,
    register(name, domain = issuer) {
      const aid = `${name}.${domain}`;
      const key = PrivateKey.generate();
      const known = { aid, key, fingerprint: `sha256:${hexEncode(sha256(key.publicKey.spki))}` };
      aids.set(aid, known);
      return known;
    },
    open,
    connect: async (aid, connectOptions) => connect(await open(), aid, connectOptions),
    async crash() {
      stopped = true;
      for (const client of clients) client.cut();
      await new Promise((resolve) => server.close(resolve));
      db.close();
    },
    async stop() {
      for (const client of clients) client.cut();
      if (!stopped) {
        await edge.close();
        await new Promise((resolve) => server.close(resolve));
        db.close();
      }
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
