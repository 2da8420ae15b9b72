import { GatewayUnreachableError, ValidationError } from 'aun-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkGatewayHealth,
  createHttpClient,
  discoverGateways,
  GatewayDiscovery,
  parseDiscoveryDocument,
} from '../src/index.js';
import { caught } from './helpers/caught.js';
import { FakeClock, settle } from './helpers/fake-clock.js';
import { json, ScriptedHttp, systemError } from './helpers/scripted-http.js';

const aid = 'nora.example.test';
const ownHost = 'nora.example.test';
const gatewayHost = 'gateway.example.test';
const wellKnown = (host: string) => `https://${host}/.well-known/aun-gateway`;
const document = (...urls: string[]) =>
  json({ gateways: urls.map((url, index) => ({ url, priority: index })) });
const gatewayUrl = 'wss://gateway.example.test:20001/aun';

function setUp(script: ConstructorParameters<typeof ScriptedHttp>[0]) {
  const clock = new FakeClock();
  const backend = new ScriptedHttp(script);
  return { clock, backend, http: createHttpClient({ backend, clock }) };
}

describe('the discovery document', () => {
  const parse = (value: unknown) => parseDiscoveryDocument(JSON.stringify(value));

  it('gives all gateways by priority, equals in order, without one last', () => {
    const gateways = [
      { url: 'wss://d/aun' },
      { url: 'wss://b/aun', priority: 2 },
      { url: 'wss://c/aun', priority: 2 },
      { url: 'wss://e/aun', priority: 'high' },
      { url: 'wss://a/aun', priority: -1, weight: 7 },
    ];
    expect(parse({ gateways, issuer: 'example.test' })).toEqual([
      { url: 'wss://a/aun', priority: -1 },
      { url: 'wss://b/aun', priority: 2 },
      { url: 'wss://c/aun', priority: 2 },
      { url: 'wss://d/aun', priority: 999 },
      { url: 'wss://e/aun', priority: 999 },
    ]);
  });

  it('skips entries without a websocket URL', () => {
    const gateways = [
      null,
      5,
      [],
      {},
      { url: '' },
      { url: 7 },
      { url: 'https://x/' },
      { url: 'wss://' },
      { url: gatewayUrl },
    ];
    expect(parse({ gateways })).toEqual([{ url: gatewayUrl, priority: 999 }]);
  });

  it.each([
    {},
    [],
    null,
    'x',
    { gateways: [] },
    { gateways: {} },
    { gateways: [{ url: 'x' }] },
    { gateway: gatewayUrl },
  ])('is refused when it lists no gateway: %j', (value) => {
    expect(() => parse(value)).toThrow(ValidationError);
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          expect(parseDiscoveryDocument(text).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(ValidationError);
        }
      }),
      { numRuns: process.env.AUN_SOAK === '1' ? 20_000 : 300 },
    );
  });
});

describe('discovery', () => {
  it('takes the first place with a usable document', async () => {
    const { backend, http, clock } = setUp({
      [ownHost]: [document(gatewayUrl)],
      [gatewayHost]: [document('wss://no/aun')],
    });
    expect(await discoverGateways(aid, { http, clock })).toEqual([{ url: gatewayUrl, priority: 0 }]);
    expect(backend.asked).toEqual([wellKnown(ownHost)]);
  });

  it('asks the gateway host first when TLS is not verified, on the port that was given', async () => {
    const { backend, http, clock } = setUp({
      [`${ownHost}:8443`]: [document(gatewayUrl)],
      [`${gatewayHost}:8443`]: [json({}, 500)],
    });
    await discoverGateways(aid, { http, clock, verifySsl: false, port: 8443 });
    expect(backend.asked).toEqual([wellKnown(`${gatewayHost}:8443`), wellKnown(`${ownHost}:8443`)]);
  });

  it('tries a transient failure three times, after 50 and 100 ms', async () => {
    const { backend, http, clock } = setUp({
      [ownHost]: [systemError('ECONNREFUSED'), systemError('ECONNRESET'), document(gatewayUrl)],
    });
    const found = discoverGateways(aid, { http, clock });
    await clock.advance(49);
    expect(backend.asked.length).toBe(1);
    await clock.advance(1);
    expect(backend.asked.length).toBe(2);
    await clock.advance(99);
    expect(backend.asked.length).toBe(2);
    await clock.advance(1);
    expect(await found).toEqual([{ url: gatewayUrl, priority: 0 }]);
  });

  it.each([
    ['a bad status', json({}, 503)],
    ['a body that is no JSON', { status: 200, text: '<html>' }],
    ['an empty list', json({ gateways: [] })],
    ['a certificate that is not trusted', systemError('SELF_SIGNED_CERT_IN_CHAIN')],
  ])('moves on at once after %s', async (_what, answer) => {
    const { backend, http, clock } = setUp({ [ownHost]: [answer], [gatewayHost]: [document(gatewayUrl)] });
    expect((await discoverGateways(aid, { http, clock })).length).toBe(1);
    expect(backend.asked).toEqual([wellKnown(ownHost), wellKnown(gatewayHost)]);
  });

  it('fails as a retryable GatewayUnreachableError that names all reasons', async () => {
    const { backend, http, clock } = setUp({
      [ownHost]: [json({}, 404)],
      [gatewayHost]: [systemError('ENOTFOUND')],
    });
    const failed = caught(discoverGateways(aid, { http, clock }));
    await clock.advance(1_000);
    const error = await failed;
    expect(error).toBeInstanceOf(GatewayUnreachableError);
    expect(error).toMatchObject({ retryable: true, cause: { errors: [{ data: { status: 404 } }, {}] } });
    expect(error.message).toMatch(/^gateway discovery failed for nora\.example\.test: .*HTTP 404.*ENOTFOUND/);
    expect(backend.asked.length).toBe(4);
  });

  it('refuses an AID without an issuer and stops with its signal', async () => {
    const { http, clock } = setUp({});
    expect(await caught(discoverGateways('nora', { http, clock }))).toBeInstanceOf(ValidationError);
    const controller = new AbortController();
    const stopped = caught(discoverGateways(aid, { http, clock, signal: controller.signal }));
    await settle();
    controller.abort(new Error('stop'));
    expect((await stopped).message).toBe('stop');
  });
});

describe('the cache of gateways', () => {
  const dayMs = 24 * 60 * 60 * 1000;

  it('is asked instead of the network for a day, for all AIDs of an issuer', async () => {
    const { backend, http, clock } = setUp({
      [ownHost]: [document(gatewayUrl, 'wss://gw2.example.test/aun')],
    });
    const discovery = new GatewayDiscovery({ http, clock });
    const found = await discovery.gateways(aid);
    expect(found).toEqual({ urls: [gatewayUrl, 'wss://gw2.example.test/aun'], discoveredAt: clock.now() });
    clock.jump(dayMs - 1);
    expect(await discovery.gateways('omar.example.test')).toBe(found);
    expect(backend.asked.length).toBe(1);
    clock.jump(1);
    expect((await discovery.gateways(aid)).discoveredAt).toBe(clock.now());
    expect(backend.asked.length).toBe(2);
  });

  it('shares one look-up between callers', async () => {
    const { backend, http, clock } = setUp({ [ownHost]: [document(gatewayUrl)] });
    const discovery = new GatewayDiscovery({ http, clock });
    await Promise.all([
      discovery.gateways(aid),
      discovery.gateways(aid),
      discovery.refresh('omar.example.test'),
    ]);
    expect(backend.asked.length).toBe(1);
  });

  it('looks up again on refresh and keeps the old addresses when that fails', async () => {
    const { backend, http, clock } = setUp({ [ownHost]: [document(gatewayUrl), json({}, 500)] });
    const discovery = new GatewayDiscovery({ http, clock });
    await discovery.gateways(aid);
    const failed = caught(discovery.refresh(aid));
    await clock.advance(1_000);
    expect(await failed).toBeInstanceOf(GatewayUnreachableError);
    clock.jump(2 * dayMs);
    const stale = discovery.gateways(aid);
    await clock.advance(1_000);
    expect((await stale).urls).toEqual([gatewayUrl]);
    expect(backend.asked.length).toBeGreaterThan(2);
  });

  it('starts from what a keystore remembered, unless it knows something newer', async () => {
    const { backend, http, clock } = setUp({ [ownHost]: [document('wss://new.example.test/aun')] });
    const discovery = new GatewayDiscovery({ http, clock });
    discovery.seed(aid, { urls: [], discoveredAt: clock.now() });
    expect(discovery.peek(aid)).toBeUndefined();
    discovery.seed(aid, { urls: [gatewayUrl], discoveredAt: clock.now() - 5_000 });
    expect((await discovery.gateways(aid)).urls).toEqual([gatewayUrl]);
    expect(backend.asked).toEqual([]);
    await discovery.refresh(aid);
    discovery.seed(aid, { urls: [gatewayUrl], discoveredAt: clock.now() - 5_000 });
    expect((await discovery.gateways(aid)).urls).toEqual(['wss://new.example.test/aun']);
    discovery.forget(aid);
    expect(discovery.peek(aid)).toBeUndefined();
  });

  it('trusts no age from the future', async () => {
    const { backend, http, clock } = setUp({ [ownHost]: [document(gatewayUrl)] });
    const discovery = new GatewayDiscovery({ http, clock });
    discovery.seed(aid, { urls: ['wss://old/aun'], discoveredAt: clock.now() + dayMs });
    expect((await discovery.gateways(aid)).urls).toEqual([gatewayUrl]);
    expect(backend.asked.length).toBe(1);
  });
});

describe('the health check', () => {
  it.each([
    [200, true],
    [204, false],
    [301, false],
    [503, false],
  ])('is exactly a 200: %i', async (status, healthy) => {
    const { backend, http } = setUp({ 'gateway.example.test:20001': [{ status, text: 'ignored' }] });
    expect(await checkGatewayHealth(http, `${gatewayUrl}?x=1`)).toBe(healthy);
    expect(backend.asked).toEqual(['https://gateway.example.test:20001/health']);
  });

  it('is "no" for whatever fails, and only an abort throws', async () => {
    const { http } = setUp({ 'gateway.example.test:20001': [systemError('ECONNREFUSED')] });
    expect(await checkGatewayHealth(http, gatewayUrl)).toBe(false);
    expect(await checkGatewayHealth(http, 'no url')).toBe(false);
    const signal = AbortSignal.abort(new Error('stop'));
    expect((await caught(checkGatewayHealth(http, gatewayUrl, { signal }))).message).toBe('stop');
  });
});
