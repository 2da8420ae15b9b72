import { GatewayUnreachableError, noopLogger } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { type CardUrlPorts, CardUrls } from '../../src/agentmd/card-urls.js';
import { FakeClock } from '../support/fake-clock.js';

const nora = 'nora.example.test';
const zoe = 'zoe.other.test';

/** `discovered`: what is cached per AID; `answers`: what discovery would find. */
const setup = (
  over: Partial<CardUrlPorts> = {},
  discovered: Readonly<Record<string, string>> = {},
  answers: Readonly<Record<string, string>> = {},
) => {
  const clock = new FakeClock();
  const asked: string[] = [];
  const urls = new CardUrls({
    discovery: {
      peek: (aid) => {
        const url = discovered[aid];
        return url === undefined ? undefined : { urls: [url], discoveredAt: 1 };
      },
    },
    locator: {
      first: async (aid) => {
        asked.push(aid);
        const url = answers[aid];
        if (url === undefined) throw new GatewayUnreachableError('nobody there');
        return url;
      },
    },
    fixedUrl: null,
    ownAid: null,
    discoveryPort: null,
    clock,
    logger: noopLogger,
    ...over,
  });
  return { urls, clock, asked };
};

describe('the scheme of a card URL follows the gateway of the issuer (09 §4)', () => {
  it('that was discovered', async () => {
    const { urls, asked } = setup({}, { [nora]: 'ws://gateway.example.test:8080/aun' });
    expect(await urls.of(nora)).toBe('http://nora.example.test/agent.md');
    expect(asked).toEqual([]);
  });

  it('that is discovered now', async () => {
    const { urls } = setup(
      { discoveryPort: 8443 },
      {},
      { [nora]: 'ws://gw.example.test/aun', [zoe]: 'wss://gateway.other.test/aun' },
    );
    expect(await urls.of(nora)).toBe('http://nora.example.test:8443/agent.md');
    expect(await urls.of(zoe)).toBe('https://zoe.other.test:8443/agent.md');
  });

  it('or is https where no gateway is found, which is not asked again for a while', async () => {
    const { urls, asked, clock } = setup();
    expect(await urls.of(zoe)).toBe('https://zoe.other.test/agent.md');
    expect(await urls.of('abby.other.test')).toBe('https://abby.other.test/agent.md');
    expect(asked).toEqual([zoe]);
    await clock.advance(600_000);
    await urls.of(zoe);
    expect(asked).toEqual([zoe, zoe]);
  });

  it('and does not wait long for discovery', async () => {
    const { urls, clock } = setup({ locator: { first: () => new Promise(() => undefined) } });
    const url = urls.of(zoe);
    await clock.advance(10_000);
    expect(await url).toBe('https://zoe.other.test/agent.md');
  });
});

describe('a fixed gateway', () => {
  const fixedUrl = 'ws://127.0.0.1:8080/aun';

  it('speaks for the issuer of the own identity only', async () => {
    const { urls, asked } = setup({ fixedUrl, ownAid: nora });
    expect(await urls.of(nora)).toBe('http://nora.example.test/agent.md');
    expect(await urls.of('omar.example.test')).toBe('http://omar.example.test/agent.md');
    expect(await urls.of(zoe)).toBe('https://zoe.other.test/agent.md');
    expect(asked).toEqual([]);
  });

  it('of a store without identity speaks for every issuer, unless its name says for which', async () => {
    expect(await setup({ fixedUrl }).urls.of(zoe)).toBe('http://zoe.other.test/agent.md');
    const named = { fixedUrl: 'ws://gateway.example.test:8080/aun' };
    expect(await setup(named).urls.of(nora)).toBe('http://nora.example.test/agent.md');
    expect(await setup(named).urls.of(zoe)).toBe('https://zoe.other.test/agent.md');
  });
});
