import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AunNetwork } from '../src/harness/aun-network.js';
import { describeInChromium } from '../src/harness/describe-in-chromium.js';
import type { Tab } from '../src/harness/tab.js';
import type * as page from '../src/pages/client.js';
import type * as readme from '../src/pages/client-readme.js';

type ClientTab = Tab<typeof page>;
const pollMs = { timeout: 15_000, interval: 20 };

describeInChromium('the client in Chromium', (stagehand) => {
  let network: AunNetwork;
  beforeAll(async () => {
    network = await AunNetwork.start();
  });
  afterAll(() => network.stop());

  /** A browser profile that accepts the gateway's certificate, as one with its root installed does. */
  const profile = (): Promise<BrowserContext> => stagehand.newContext({ ignoreHTTPSErrors: true });

  const openTab = async (context: BrowserContext): Promise<ClientTab> => {
    const tab = await stagehand.open<typeof page>('client', context);
    await tab.call('open', network.address);
    return tab;
  };

  const registered = async (context: BrowserContext, prefix: string) => {
    const tab = await openTab(context);
    const aid = network.gateway.newAid(prefix);
    expect(await tab.call('register', aid)).toBe('ok');
    const loaded = await tab.call('load', aid);
    return { tab, aid, ...loaded };
  };

  const textsOf = async (tab: ClientTab): Promise<string[]> =>
    (await tab.call('heard')).map(({ text }) => text);

  it('registers, loads, connects and exchanges encrypted messages with a client in Node', {
    timeout: 60_000,
  }, async () => {
    const node = await network.nodeAgent('nora');
    const { tab, aid, canSign, deviceId } = await registered(await profile(), 'omar');
    expect(canSign).toBe(true);
    expect(deviceId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await tab.call('deviceId')).toBe(deviceId);
    expect(await tab.call('listed')).toEqual([aid]);
    expect(await tab.call('connect')).toBe('ready');
    await tab.call('send', node.aid, 'from the page');
    await expect.poll(() => node.heard, pollMs).toEqual(['from the page']);
    await node.client.call('message.send', { to: aid, payload: { text: 'from Node' } });
    await expect.poll(() => textsOf(tab), pollMs).toEqual(['from Node']);
    expect((await tab.call('heard'))[0]?.from).toBe(node.aid);
    expect(await tab.call('events')).toEqual(['connecting', 'ready']);
    await tab.call('disconnect');
    expect(await tab.call('state')).toBe('standby');
    await tab.call('close');
  });

  it('keeps the order of messages that are sent and read at once', { timeout: 60_000 }, async () => {
    const node = await network.nodeAgent('nora');
    const { tab, aid } = await registered(await profile(), 'omar');
    await tab.call('connect');
    const texts = Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(i % 3 === 0 ? 20_000 : 1)}`);
    await tab.call('sendAll', node.aid, texts);
    await expect.poll(() => node.heard.length, pollMs).toBe(texts.length);
    expect(node.heard).toEqual(texts);
    await Promise.all(texts.map((text) => node.client.call('message.send', { to: aid, payload: { text } })));
    await expect.poll(async () => (await textsOf(tab)).length, pollMs).toBe(texts.length);
    expect(await textsOf(tab)).toEqual(texts);
    await tab.call('close');
  });

  it('publishes a card, verifies it and finds the cards of others', async () => {
    const { tab, aid } = await registered(await profile(), 'omar');
    await tab.call('connect');
    const card = `---\naid: "${aid}"\nname: "Omar"\ntype: "assistant"\nversion: "1.0.0"\ndescription: "Reads"\n---\n\n# Omar\n`;
    const published = await tab.call('publish', card);
    expect(published).toMatchObject({ valid: true, forged: false, status: 'verified' });
    expect(published.etag).toMatch(/^".+"$/);
    const reader = await openTab(await profile());
    const found = await reader.call('lookUp', aid);
    expect(found.canSign).toBe(false);
    expect(found.card).toContain('# Omar');
  });

  it('gives Results with the codes of 07, also for renewal, rekey and change of seed', {
    timeout: 60_000,
  }, async () => {
    const { tab, aid } = await registered(await profile(), 'omar');
    expect(await tab.call('codes', aid)).toEqual({
      'load of a stranger': 'CERT_NOT_FOUND',
      'wrong name': 'INVALID_AID_FORMAT',
      'exists, not': 'ok',
      'wrong seed': 'PRIVATE_KEY_PARSE_ERROR',
      'same seed': 'ok',
      'new seed': 'ok',
      'with it': 'ok',
      'and back': 'ok',
      renewed: 'ok',
      rekeyed: 'ok',
      'rekeyed at once, twice': 'ok,ok',
      after: 'ok',
      diagnosed: 'ok',
      trust: 'TRUST_ROOTS_INVALID',
    });
    expect(await tab.call('refusedOption')).toMatch(/ValidationError: rootCaPath: .*rootCaPem/);
  });

  it('goes on after a reload: same identity and device, nothing twice, nothing lost', {
    timeout: 60_000,
  }, async () => {
    const node = await network.nodeAgent('nora');
    const { tab, aid, deviceId, fingerprint } = await registered(await profile(), 'omar');
    await tab.call('connect');
    await node.client.call('message.send', { to: aid, payload: { text: 'before' } });
    await expect.poll(() => textsOf(tab), pollMs).toEqual(['before']);
    await tab.page.reload();
    await node.client.call('message.send', { to: aid, payload: { text: 'meanwhile' } });
    await tab.call('open', network.address);
    expect(await tab.call('load', aid)).toEqual({ deviceId, fingerprint, canSign: true });
    await tab.call('connect');
    await node.client.call('message.send', { to: aid, payload: { text: 'after' } });
    await expect.poll(() => textsOf(tab), pollMs).toEqual(['meanwhile', 'after']);
  });

  describe('in two pages of one origin', () => {
    it('registers one identity although both begin at once, twice each', { timeout: 60_000 }, async () => {
      const context = await profile();
      const [first, second] = await Promise.all([openTab(context), openTab(context)]);
      const aid = network.gateway.newAid('omar');
      const outcomes = await Promise.all([
        first.call('registerTwiceAtOnce', aid),
        second.call('registerTwiceAtOnce', aid),
      ]);
      expect(outcomes.flat()).toEqual(['ok', 'ok', 'ok', 'ok']);
      const [one, two] = await Promise.all([first.call('load', aid), second.call('load', aid)]);
      expect(one).toEqual(two);
      expect(one.canSign).toBe(true);
    });

    it('delivers to both slots of the device, once each', { timeout: 60_000 }, async () => {
      const node = await network.nodeAgent('nora');
      const context = await profile();
      const { tab: first, aid } = await registered(context, 'omar');
      const second = await openTab(context);
      await second.call('load', aid);
      await Promise.all([
        first.call('connect', { slot_id: 'one' }),
        second.call('connect', { slot_id: 'two' }),
      ]);
      for (const text of ['a', 'b', 'c']) {
        await node.client.call('message.send', { to: aid, payload: { text } });
      }
      await expect.poll(() => textsOf(first), pollMs).toEqual(['a', 'b', 'c']);
      await expect.poll(() => textsOf(second), pollMs).toEqual(['a', 'b', 'c']);
      await Promise.all([first.call('send', node.aid, 'one'), second.call('send', node.aid, 'two')]);
      await expect.poll(() => [...node.heard].sort(), pollMs).toEqual(['one', 'two']);
    });
  });

  it('sends a durable message that waited in a closed page', { timeout: 60_000 }, async () => {
    const node = await network.nodeAgent('nora');
    const context = await profile();
    const { tab, aid } = await registered(context, 'omar');
    const ids = [
      await tab.call('send', node.aid, 'first', true),
      await tab.call('send', node.aid, 'second', true),
    ];
    await tab.close();
    const next = await openTab(context);
    await next.call('load', aid);
    await next.call('connect');
    await expect.poll(() => node.heard, pollMs).toEqual(['first', 'second']);
    await expect
      .poll(async () => (await next.call('events')).filter((event) => event.startsWith('sent')), pollMs)
      .toEqual(ids.map((id) => `sent ${id}`));
  });

  it('sends a durable message once, although its page was closed before the answer came', {
    timeout: 60_000,
  }, async () => {
    const node = await network.nodeAgent('nora');
    const context = await profile();
    const { tab, aid } = await registered(context, 'omar');
    // From the moment the message leaves the page, no answer of the gateway comes back.
    let left = false;
    await tab.page.routeWebSocket(/\/aun$/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((frame) => {
        left ||= /"method":"message\.(?:v2\.)?send"/.test(String(frame));
        server.send(frame);
      });
      server.onMessage((frame) => {
        if (!left) socket.send(frame);
      });
    });
    await tab.page.reload();
    await tab.call('open', network.address);
    await tab.call('load', aid);
    await tab.call('connect');
    const id = await tab.call('send', node.aid, 'once', true);
    await expect.poll(() => node.heard, pollMs).toEqual(['once']);
    expect(await tab.call('events')).not.toContain(`sent ${id}`);
    await tab.close();
    const next = await openTab(context);
    await next.call('load', aid);
    await next.call('connect');
    await expect.poll(() => next.call('events'), pollMs).toContain(`sent ${id}`);
    await next.call('send', node.aid, 'then');
    await expect.poll(() => node.heard, pollMs).toEqual(['once', 'then']);
  });

  it('finishes a registration whose page was closed before the answer came', {
    timeout: 60_000,
  }, async () => {
    const context = await profile();
    const first = await openTab(context);
    const aid = network.gateway.newAid('omar');
    let answered = (): void => {};
    const created = new Promise<void>((resolve) => {
      answered = resolve;
    });
    await first.page.routeWebSocket(/\/aun$/, (socket) => {
      const server = socket.connectToServer();
      let asked = false;
      socket.onMessage((frame) => {
        asked ||= String(frame).includes('"auth.create_aid"');
        server.send(frame);
      });
      server.onMessage((frame) => {
        if (asked) answered();
        else socket.send(frame);
      });
    });
    await first.page.reload();
    await first.call('open', network.address);
    const lost = first.call('register', aid).catch(String);
    await created;
    await first.close();
    expect(await lost).toMatch(/closed/);
    const second = await openTab(context);
    expect(await second.call('register', aid)).toBe('ok');
    expect(await second.call('load', aid)).toMatchObject({ canSign: true });
    expect(await second.call('connect')).toBe('ready');
  });

  it('answers with Results where the browser refuses storage, and keeps nothing', async () => {
    const context = await profile();
    await context.addInitScript(() => {
      Object.defineProperty(globalThis, 'indexedDB', { get: () => null });
    });
    const tab = await openTab(context);
    const aid = network.gateway.newAid('omar');
    expect(await tab.call('register', aid)).toMatch(/^KEYSTORE_ERROR: .*private mode/);
    expect(await tab.call('refusals', aid)).toEqual({
      load: 'KEYSTORE_ERROR',
      list: 'LIST_IDENTITIES_FAILED',
      changeSeed: 'KEYSTORE_ERROR',
      rekey: 'KEYSTORE_ERROR',
      exists: 'KEYSTORE_ERROR',
      diagnose: 'ok',
    });
  });

  it('works in a module worker, with the identity of the page', { timeout: 60_000 }, async () => {
    const node = await network.nodeAgent('nora');
    const { tab, aid, deviceId } = await registered(await profile(), 'omar');
    expect(await tab.call('inWorker', 'open', network.address)).toBe('a worker');
    expect(await tab.call('inWorker', 'load', aid)).toMatchObject({ deviceId, canSign: true });
    expect(await tab.call('inWorker', 'connect', 'worker')).toBe('ready');
    await tab.call('inWorker', 'send', node.aid, 'from a worker');
    await expect.poll(() => node.heard, pollMs).toEqual(['from a worker']);
    await node.client.call('message.send', { to: aid, payload: { text: 'to a worker' } });
    await expect
      .poll(() => tab.call('inWorker', 'heard'), pollMs)
      .toEqual([expect.objectContaining({ from: node.aid, text: 'to a worker' })]);
    await tab.call('inWorker', 'close');
  });

  it('reconnects at once when the network comes back, and misses nothing', { timeout: 60_000 }, async () => {
    const node = await network.nodeAgent('nora');
    const context = await profile();
    const { tab, aid } = await registered(context, 'omar');
    await tab.call('connect', { retry_initial_delay: 60, retry_max_delay: 64 });
    // The state alone could still be that of the connection before.
    const isBack = new Promise<void>((resolve) => {
      node.client.on('state_change', ({ to }) => to === 'ready' && resolve());
    });
    await network.gateway.restart();
    await isBack;
    await node.client.call('message.send', { to: aid, payload: { text: 'while away' } });
    await expect.poll(() => tab.call('events'), pollMs).toContain('retry_backoff');
    await tab.page.evaluate(() => globalThis.dispatchEvent(new Event('online')));
    await expect.poll(() => textsOf(tab), pollMs).toEqual(['while away']);
    expect(await tab.call('state')).toBe('ready');
  });

  it('notices at once that its socket died in silence when the page wakes up', {
    timeout: 60_000,
  }, async () => {
    const node = await network.nodeAgent('nora');
    const context = await profile();
    const { tab, aid } = await registered(context, 'omar');
    // Sockets that are open when the network changes get and give nothing any more; later ones work.
    let changed = false;
    await tab.page.routeWebSocket(/\/aun$/, (socket) => {
      const isOld = !changed;
      const works = (): boolean => !(isOld && changed);
      const server = socket.connectToServer();
      socket.onMessage((frame) => {
        if (works()) server.send(frame);
      });
      server.onMessage((frame) => {
        if (works()) socket.send(frame);
      });
      server.onClose(() => {
        if (works()) void socket.close();
      });
    });
    await tab.page.reload();
    await tab.call('open', network.address);
    await tab.call('load', aid);
    await tab.call('connect', { heartbeat_interval: 600 });
    changed = true;
    await node.client.call('message.send', { to: aid, payload: { text: 'into the void' } });
    expect(await tab.call('state')).toBe('ready');
    await tab.page.evaluate(() => globalThis.dispatchEvent(new Event('online')));
    await expect.poll(() => tab.call('events'), pollMs).toContain('retry_backoff');
    await expect.poll(() => textsOf(tab), pollMs).toEqual(['into the void']);
  });

  it('runs the program of its README', { timeout: 60_000 }, async () => {
    const node = await network.nodeAgent('nora');
    const tab = await stagehand.open<typeof readme>('client-readme', await profile());
    const aid = network.gateway.newAid('omar');
    expect(await tab.call('run', aid, network.address)).toEqual({ aid, state: 'ready' });
    await node.client.call('message.send', { to: aid, payload: { text: 'hello' } });
    await expect.poll(() => tab.call('shown'), pollMs).toEqual([`${node.aid}: hello`]);
    await tab.call('say', node.aid, 'hello back');
    await expect.poll(() => node.heard, pollMs).toEqual(['hello back']);
    // The second start finds the identity and only loads it.
    await tab.page.reload();
    expect(await tab.call('run', aid, network.address)).toEqual({ aid, state: 'ready' });
  });
});
