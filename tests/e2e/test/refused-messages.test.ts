import { NotFoundError, NotReadyError, ValidationError } from 'aun-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Agent, connected, freshAid, newAgent, say } from '../src/agent.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { fileScope, testScope } from '../src/scope.js';

const files = fileScope();
let gateway: GatewayProcess;
let otto: Agent;
beforeAll(async () => {
  gateway = await GatewayProcess.start(files);
  otto = await connected(files, gateway, 'otto');
});

describe('a message that is too large', () => {
  it.each([
    ['encrypted', true],
    ['plain', false],
  ])('(%s) is refused with its size and the limit, and the connection lives on', async (_, encrypt) => {
    const scope = testScope();
    const nora = await connected(scope, gateway, 'nora');
    const payload = { type: 'text', text: 'x'.repeat(1_200_000) };
    const send = nora.client.call('message.send', { to: otto.aid, payload, encrypt });
    await expect(send).rejects.toBeInstanceOf(ValidationError);
    await expect(send).rejects.toThrow(/1,200,0\d\d bytes, limit 1,000,000/);
    expect(nora.client.state).toBe('ready');
    const next = `after the large one, ${encrypt}`;
    await say(nora, otto, next);
    await otto.inbox.has(next);
  });

  it('of half the limit passes whole', async () => {
    const scope = testScope();
    const nora = await connected(scope, gateway, 'nora');
    const text = '€'.repeat(160_000);
    await say(nora, otto, text);
    await otto.inbox.has(text);
  });
});

describe('a recipient', () => {
  it('that breaks the name rule, is missing or is the group service is refused before anything is sent', async () => {
    const scope = testScope();
    const nora = await connected(scope, gateway, 'nora');
    const sent = await gateway.calls('message.send');
    for (const to of ['x.y', 'guest1.aun.localhost', '', `group.${gateway.issuer}`]) {
      const send = nora.client.call('message.send', { to, payload: { text: 'hi' } });
      await expect(send).rejects.toBeInstanceOf(ValidationError);
    }
    expect(await gateway.calls('message.send')).toBe(sent);
  });

  it('that does not exist is an error, and later messages to others arrive', async () => {
    const scope = testScope();
    const nora = await connected(scope, gateway, 'nora');
    await say(nora, otto, 'before the error');
    await expect(say(nora, { aid: freshAid(gateway, 'nobody') }, 'hi')).rejects.toBeInstanceOf(NotFoundError);
    await say(nora, otto, 'after the error');
    await otto.inbox.has('after the error');
    const mine = otto.inbox.messages.filter(({ from }) => from === nora.aid);
    expect(mine.map(({ payload }) => payload.text)).toEqual(['before the error', 'after the error']);
  });

  it('that has never connected has no devices, encrypted or not', async () => {
    const scope = testScope();
    const nora = await connected(scope, gateway, 'nora');
    const newcomer = await newAgent(scope, gateway, 'newcomer');
    await expect(say(nora, newcomer, 'hi')).rejects.toThrow(/no devices|bootstrap/);
    const plain = nora.client.call('message.send', {
      to: newcomer.aid,
      payload: { text: 'hi' },
      encrypt: false,
    });
    await expect(plain).rejects.toThrow(/no registered devices/);
  });
});

describe('options and states', () => {
  it('refuse what is not an option of connect(), by name', async () => {
    const scope = testScope();
    const { client } = await newAgent(scope, gateway);
    const connect = client.connect({ token: 'x', gateway: 'y' } as never);
    await expect(connect).rejects.toThrow('unsupported field(s): gateway, token');
    await expect(client.connect({ slot_id: '/x' })).rejects.toBeInstanceOf(ValidationError);
    expect(client.state).toBe('standby');
  });

  it('refuse delivery options in a message', async () => {
    const scope = testScope();
    const nora = await connected(scope, gateway, 'nora');
    for (const field of ['persist', 'delivery_mode', 'queue_routing', 'affinity_ttl_ms']) {
      const params = { to: otto.aid, payload: { text: 'hi' }, [field]: true };
      await expect(nora.client.call('message.send', params)).rejects.toThrow(field);
    }
  });

  it('refuse to send before connect() and after close()', async () => {
    const scope = testScope();
    const nora = await newAgent(scope, gateway, 'nora');
    await expect(say(nora, otto, 'too early')).rejects.toBeInstanceOf(NotReadyError);
    await nora.client.connect();
    await nora.client.close();
    await nora.client.close();
    await expect(say(nora, otto, 'too late')).rejects.toBeInstanceOf(NotReadyError);
  });
});
