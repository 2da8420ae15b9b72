import { beforeAll, describe, expect, it } from 'vitest';
import { connected, newAgent, openClient, say } from '../src/agent.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { fileScope, testScope } from '../src/scope.js';
import { secondDevice } from '../src/second-device.js';
import { until } from '../src/until.js';

const files = fileScope();
let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await GatewayProcess.start(files);
});

describe('an agent on two devices', () => {
  it('sees what it said on the other one, and everything it is told on both', async () => {
    const scope = testScope();
    const otto = await connected(scope, gateway, 'otto');
    const phone = await newAgent(scope, gateway, 'nora');
    const laptop = await secondDevice(scope, gateway, phone);
    expect(laptop.store.deviceId).not.toBe(phone.store.deviceId);
    await phone.client.connect();
    await laptop.client.connect();

    await say(phone, otto, 'from the phone');
    await Promise.all([otto.inbox.has('from the phone'), laptop.inbox.has('from the phone')]);
    expect(laptop.inbox.messages[0]).toMatchObject({
      from: phone.aid,
      direction: 'outbound_sync',
      encrypted: true,
    });

    await say(otto, phone, 'to both');
    await Promise.all([phone.inbox.has('to both'), laptop.inbox.has('to both')]);

    await say(laptop, otto, 'from the laptop');
    await Promise.all([otto.inbox.has('from the laptop'), phone.inbox.has('from the laptop')]);

    expect(phone.inbox.texts).toEqual(['to both', 'from the laptop']);
    expect(laptop.inbox.texts).toEqual(['from the phone', 'to both']);
    expect(otto.inbox.texts).toEqual(['from the phone', 'from the laptop']);
    expect([...phone.inbox.plaintext, ...laptop.inbox.plaintext, ...otto.inbox.plaintext]).toEqual([]);
  });

  it('numbers the messages of each device for itself', async () => {
    const scope = testScope();
    const otto = await connected(scope, gateway, 'otto');
    const phone = await connected(scope, gateway, 'nora');
    await say(otto, phone, 'one');
    await say(otto, phone, 'two');
    await phone.inbox.holds(2);

    const laptop = await secondDevice(scope, gateway, phone);
    await laptop.client.connect();
    // Otto may remember where Nora was reachable: what a new device misses is nobody's loss, but a fresh look sees it.
    otto.client.e2ee.invalidatePrekeyCache(phone.aid);
    await say(otto, phone, 'three');
    await Promise.all([phone.inbox.holds(3), laptop.inbox.holds(1)]);
    expect(phone.inbox.seqs).toEqual([1, 2, 3]);
    expect(laptop.inbox.seqs).toEqual([1]);
    expect(laptop.inbox.texts).toEqual(['three']);
  });

  it('brings each device what it missed, in order, without a second copy', async () => {
    const scope = testScope();
    const otto = await connected(scope, gateway, 'otto');
    const phone = await connected(scope, gateway, 'nora');
    const laptop = await secondDevice(scope, gateway, phone);
    await laptop.client.connect();
    await laptop.client.disconnect();
    await say(otto, phone, 'one');
    await say(otto, phone, 'two');
    await phone.inbox.holds(2);
    await phone.client.disconnect();
    await say(otto, phone, 'three');
    await Promise.all([phone.client.connect(), laptop.client.connect()]);
    await Promise.all([phone.inbox.holds(3), laptop.inbox.holds(3)]);
    expect(phone.inbox.texts).toEqual(['one', 'two', 'three']);
    expect(laptop.inbox.texts).toEqual(['one', 'two', 'three']);
  });
});

describe('slots of one device', () => {
  it('see the same message under the same number and acknowledge for themselves', async () => {
    const scope = testScope();
    const otto = await connected(scope, gateway, 'otto');
    const worker = await newAgent(scope, gateway, 'nora');
    const other = openClient(scope, worker.store, worker.aid);
    await worker.client.connect({ slot_id: 'worker' });
    await other.client.connect({ slot_id: 'other' });
    await say(otto, worker, 'for whoever works');
    await Promise.all([worker.inbox.holds(1), other.inbox.holds(1)]);
    expect(worker.inbox.seqs).toEqual(other.inbox.seqs);
    for (const { client } of [worker, other]) {
      expect(await client.call('message.ack', { seq: 1 })).toMatchObject({ success: true, ack_seq: 1 });
    }
  });

  it('with the same key replace each other: the older connection ends for good and says why', async () => {
    const scope = testScope();
    const otto = await connected(scope, gateway, 'otto');
    const older = await newAgent(scope, gateway, 'nora');
    const newer = openClient(scope, older.store, older.aid);
    const kicks: unknown[] = [];
    const changes: unknown[] = [];
    older.client.on('gateway.disconnect', (kick) => void kicks.push(kick));
    older.client.on('state_change', (change) => void changes.push(change));
    await older.client.connect({ slot_id: 'worker cli', extra_info: { pid: 1111 } });
    await newer.client.connect({ slot_id: 'worker daemon', extra_info: { pid: 2222 } });

    await until('the older connection has failed', () => older.client.state === 'connection_failed');
    expect(kicks).toEqual([
      expect.objectContaining({
        code: 4009,
        detail: expect.objectContaining({ self_extra_info: { pid: 1111 }, new_extra_info: { pid: 2222 } }),
      }),
    ]);
    expect(changes.at(-1)).toMatchObject({ from: 'ready', to: 'connection_failed', code: 4009 });
    expect(older.client.lastErrorCode).toBe('SERVER_KICKED');
    expect(newer.client.state).toBe('ready');

    await say(otto, older, 'for the newer one');
    await newer.inbox.has('for the newer one');
    expect(older.inbox.texts).toEqual([]);

    await older.client.connect({ slot_id: 'elsewhere' });
    expect(older.client.state).toBe('ready');
  });
});

describe('short connections', () => {
  it('send beside a long one that neither ends nor hears the echo, and gets the answer', async () => {
    const scope = testScope();
    const otto = await connected(scope, gateway, 'otto');
    const daemon = await connected(scope, gateway, 'nora');
    for (const text of ['first run', 'second run', 'third run']) {
      const cli = openClient(scope, daemon.store, daemon.aid);
      await cli.client.connect({ connection_kind: 'short' });
      const { status } = await say(cli, otto, text);
      expect(['sent', 'delivered']).toContain(status);
      await cli.client.close();
      expect(cli.inbox.messages).toEqual([]);
    }
    await otto.inbox.holds(3);
    expect(otto.inbox.texts).toEqual(['first run', 'second run', 'third run']);
    await say(otto, daemon, 'the answer');
    await daemon.inbox.has('the answer');
    expect(daemon.inbox.texts).toEqual(['the answer']);
    expect(daemon.client.state).toBe('ready');
  });

  it('send at the same time', async () => {
    const scope = testScope();
    const otto = await connected(scope, gateway, 'otto');
    const nora = await newAgent(scope, gateway, 'nora');
    const texts = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(
      texts.map(async (text) => {
        const cli = openClient(scope, nora.store, nora.aid);
        await cli.client.connect({ connection_kind: 'short' });
        await say(cli, otto, text);
        await cli.client.close();
      }),
    );
    await otto.inbox.holds(texts.length);
    expect([...otto.inbox.texts].sort()).toEqual(texts);
    expect(otto.inbox.plaintext).toEqual([]);
  });
});
