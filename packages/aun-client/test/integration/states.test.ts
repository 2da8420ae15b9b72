import { NotReadyError, StateError } from 'aun-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { METHOD_MATRIX, type Member, permission } from '../../src/connection/matrix.js';
import { CONNECTION_STATES, type ConnectionState, legacyStateName } from '../../src/connection/states.js';
import { type AID, AUNClient } from '../../src/index.js';
import { settle } from '../support/fake-clock.js';
import { Gate } from '../support/gate.js';
import { TestNetwork, untilState } from '../support/network.js';

const quiet = (): void => undefined;
const payload = { type: 'text', text: 'x' };

/** Every public member, by its row of the matrix. `aid` is an identity with a key. */
const MEMBERS: Readonly<Record<Member, readonly ((client: AUNClient, aid: AID) => unknown)[]>> = {
  loadIdentity: [(c, aid) => c.loadIdentity(aid)],
  authenticate: [(c) => c.authenticate()],
  connect: [(c) => c.connect({ connect_timeout: 60 })],
  disconnect: [(c) => c.disconnect()],
  close: [(c) => c.close()],
  getters: [
    (c) => [c.state, c.hasIdentity, c.canSign, c.canConnect, c.canSend, c.isReady, c.isOnline, c.isClosed],
  ],
  currentAid: [(c) => c.currentAid, (c) => c.aid],
  session: [(c) => c.aunPath, (c) => c.gatewayUrl],
  nextRetry: [(c) => c.nextRetryAt, (c) => c.nextRetryInSeconds],
  retryCounters: [(c) => c.retryAttempt, (c) => c.retryMaxAttempts],
  lastError: [(c) => c.lastError, (c) => c.lastErrorCode],
  peers: [
    (c, aid) => c.lookupPeer(aid.aid),
    (c, aid) => c.getPeer(aid.aid),
    (c, aid) => c.cachePeer(aid),
    (c) => c.peers(),
  ],
  call: [
    (c) => c.call('meta.ping'),
    (c, aid) => c.message.send({ to: aid.aid, payload, encrypt: false }),
    (c) => c.message.send({ to: 'no aid', payload }),
    (c) => c.message.thought.put({ to: 'no aid', context: { type: 't', id: 'i' }, payload }),
    (c) => c.message.thought.get({ sender_aid: 'no aid', context: { type: 't', id: 'i' } }),
    (c) => c.message.pull({}),
    (c) => c.message.ack({ seq: 0 }),
    (c) => c.message.recall({ message_ids: ['m-1'] }),
    (c, aid) => c.message.queryOnline({ aids: [aid.aid] }),
  ],
  sendDurably: [(c, aid) => c.call('message.send', { to: aid.aid, payload }, { durable: true })],
  notify: [(c, aid) => c.notify('event/app.x', {}, { to: aid.aid })],
  subscribe: [(c) => c.on('x', quiet), (c) => c.once('x', quiet), (c) => c.off('x', quiet)],
  publishAgentMd: [(c) => c.publishAgentMd('')],
  readAgentMd: [(c) => c.fetchAgentMd(), (c) => c.checkAgentMd(), (c) => c.headAgentMd()],
  protectedHeaders: [(c) => c.setProtectedHeaders({ a: 'b' }), (c) => c.getProtectedHeaders()],
  gatewayHealth: [(c) => c.checkGatewayHealth('wss://gateway.aun.localhost:1/aun')],
  prekeyCache: [(c) => c.e2ee.invalidatePrekeyCache()],
};

/** Members that change the state: they get a client of their own where they are allowed. */
const MOVES: ReadonlySet<Member> = new Set([
  'loadIdentity',
  'authenticate',
  'connect',
  'disconnect',
  'close',
]);

describe('a real client in each of the nine states', { timeout: 120_000 }, () => {
  let network: TestNetwork;
  let gate: Gate;
  let aid: AID;

  beforeAll(async () => {
    // Waits are 90 % of the longest possible: nothing comes back by itself during a test.
    vi.spyOn(Math, 'random').mockReturnValue(0.9);
    network = await TestNetwork.start();
    gate = await Gate.open(network.gateway.httpsPort);
    ({ aid } = await network.identity('nora', { gatewayUrl: gate.url(network.gateway.gatewayUrl) }));
  });
  afterEach(() => {
    gate.mode = 'pass';
  });
  afterAll(async () => {
    await network.stop();
    await gate.close();
    vi.restoreAllMocks();
  });

  const connected = async (options = {}): Promise<AUNClient> => {
    const client = network.client(aid);
    await client.connect({ retry_initial_delay: 64, ...options });
    return client;
  };

  const cut = async (options = {}): Promise<AUNClient> => {
    const client = await connected(options);
    gate.cut();
    await untilState(client, 'retry_backoff');
    return client;
  };

  const drive: Readonly<Record<ConnectionState, () => Promise<AUNClient>>> = {
    no_identity: async () => new AUNClient(),
    standby: async () => network.client(aid),
    authenticated: async () => {
      const client = network.client(aid);
      await client.authenticate();
      return client;
    },
    connecting: async () => {
      const client = network.client(aid);
      await client.authenticate();
      gate.mode = 'hole';
      client.connect({ connect_timeout: 60 }).catch(quiet);
      return client;
    },
    ready: () => connected(),
    retry_backoff: () => cut(),
    reconnecting: async () => {
      const client = await cut();
      gate.mode = 'hole';
      client.connect({ connect_timeout: 60 }).catch(quiet);
      await untilState(client, 'reconnecting');
      return client;
    },
    connection_failed: async () => {
      const client = network.client(aid);
      await client.authenticate();
      gate.mode = 'refuse';
      await client.connect().catch(quiet);
      return client;
    },
    closed: async () => {
      const client = network.client(aid);
      await client.close();
      return client;
    },
  };

  /** What came of a call so far: its error, its value, or nothing while it is still under way. */
  const outcomeOf = async (run: () => unknown): Promise<{ error?: unknown; value?: unknown }> => {
    const outcome: { error?: unknown; value?: unknown } = {};
    const work = (async () => run())();
    work.then(
      (value) => {
        outcome.value = value;
      },
      (error: unknown) => {
        outcome.error = error;
      },
    );
    await settle();
    return outcome;
  };

  const expectCell = async (client: AUNClient, member: Member, state: ConnectionState): Promise<void> => {
    const cell = permission(member, state);
    for (const run of MEMBERS[member]) {
      const { error, value } = await outcomeOf(() => run(client, aid));
      const what = `${member} in ${state}: ${run}`;
      if (cell === 'not_ready') expect(error, what).toBeInstanceOf(NotReadyError);
      else if (cell === 'state_error') expect(error, what).toBeInstanceOf(StateError);
      else expect(error instanceof StateError, `${what}: ${error}`).toBe(false);
      if (cell === 'state_error') expect(error, what).not.toBeInstanceOf(NotReadyError);
      if (cell === 'null') expect(value, what).toBeNull();
      if (cell !== 'allow') expect(client.state, what).toBe(state);
    }
  };

  it.each(CONNECTION_STATES)('%s: every member does what the matrix says', async (state) => {
    const client = await drive[state]();
    expect(client.state).toBe(state);
    expect(client.legacyState).toBe(legacyStateName(state));
    const members = Object.keys(METHOD_MATRIX) as Member[];
    const allowed = (member: Member) => permission(member, state) === 'allow';
    for (const member of members) {
      if (!(MOVES.has(member) && allowed(member))) await expectCell(client, member, state);
    }
    await client.close();
    for (const member of members.filter((each) => MOVES.has(each) && allowed(each))) {
      gate.mode = 'pass';
      const mover = await drive[state]();
      await expectCell(mover, member, state);
      await mover.close();
    }
  });

  describe('says in lastErrorCode why it is not connected', () => {
    it('CONNECTION_ERROR while it waits', async () => {
      const client = await cut();
      expect(client.lastErrorCode).toBe('CONNECTION_ERROR');
      expect(client.nextRetryInSeconds).toBeGreaterThan(0);
      await client.close();
    });

    it('RECONNECT_EXHAUSTED after retry_max_attempts', async () => {
      const client = await cut({ retry_max_attempts: 1 });
      gate.mode = 'refuse';
      await expect(client.connect({ retry_max_attempts: 1 })).rejects.toThrow();
      await untilState(client, 'connection_failed');
      expect(client.lastErrorCode).toBe('RECONNECT_EXHAUSTED');
      await client.close();
    });

    it('GATEWAY_UNREACHABLE when connect() reached nobody, and nothing after disconnect()', async () => {
      const client = await drive.connection_failed();
      expect(client.lastErrorCode).toBe('GATEWAY_UNREACHABLE');
      await client.disconnect();
      expect(client.lastErrorCode).toBeNull();
      await client.close();
    });

    it('AUTHENTICATE_FAILED when authenticate() got no token', async () => {
      const gatewayUrl = gate.url(network.gateway.gatewayUrl);
      const { aid: fresh } = await network.identity('omar', { gatewayUrl });
      gate.mode = 'refuse';
      const client = network.client(fresh);
      await expect(client.authenticate()).rejects.toThrow();
      expect([client.state, client.lastErrorCode]).toEqual(['standby', 'AUTHENTICATE_FAILED']);
      await client.close();
    });

    it('SERVER_KICKED when another connection took its slot', async () => {
      const first = await connected();
      const second = await connected();
      await untilState(first, 'connection_failed');
      expect(first.lastErrorCode).toBe('SERVER_KICKED');
      await Promise.all([first.close(), second.close()]);
    });
  });
});
