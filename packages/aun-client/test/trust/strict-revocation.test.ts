import { issuerOf, noopLogger, systemClock } from 'aun-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeEnvironment } from '../../src/node/environment.js';
import { parseStoreOptions } from '../../src/store/options.js';
import { CertificateVerifier } from '../../src/trust/certificate-verifier.js';
import { GatewayContact } from '../../src/trust/gateway-contact.js';
import { PkiClient } from '../../src/trust/pki-client.js';
import { codeOf, ok, okAsync, TestNetwork } from '../support/network.js';

describe('strictRevocation', () => {
  let network: TestNetwork;
  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  it('registers, connects and resolves where the gateway answers for its certificates', async () => {
    const { aid, store } = await network.identity('nora', { strictRevocation: true });
    const client = network.client(aid);
    await client.connect();
    expect(client.state).toBe('ready');
    const { aid: other } = await network.identity('omar');
    expect((await okAsync(store.resolve(other.aid, { skipAgentMd: true }))).aid.aid).toBe(other.aid);
    await client.close();
  });

  it('refuses a certificate whose status cannot be had, and asks again next time', async () => {
    const { aid, store } = await network.identity('nora');
    const settings = parseStoreOptions(
      {
        aunPath: store.aunPath,
        encryptionSeed: 'test seed',
        verifySsl: true,
        rootCaPath: network.gateway.rootCaPath,
      },
      undefined,
    );
    const { environment, closeKeys } = nodeEnvironment(settings, noopLogger);
    let silent = true;
    const pki = new PkiClient(
      {
        request: (request) =>
          silent && /crl|ocsp/.test(request.url)
            ? Promise.resolve({ status: 503, headers: {}, body: new Uint8Array(), url: request.url })
            : environment.http.request(request),
        close: () => undefined,
      },
      systemClock,
    );
    const url = network.gateway.gatewayUrl;
    const certificate = await pki.certificate(url, aid.aid);
    if (certificate === null) throw new Error('not registered');
    const judge = (strict: boolean) =>
      new CertificateVerifier(pki, environment.anchors, systemClock, noopLogger, strict).peer(
        certificate,
        aid.aid,
        url,
      );
    expect(codeOf(await judge(true))).toBe('revocation_unknown');
    expect(codeOf(await judge(false))).toBe('ok');
    silent = false;
    pki.forgetStatus(url, certificate.serialHex);
    expect(codeOf(await judge(true))).toBe('ok');
    environment.http.close();
    closeKeys();
  });

  it('is a boolean', async () => {
    expect(() =>
      parseStoreOptions({ aunPath: '', encryptionSeed: '', strictRevocation: 1 as never }, undefined),
    ).toThrow('strictRevocation');
  });
});

describe('the first contact with a gateway', () => {
  it('is told once, to a listener of before or after', () => {
    const told: string[] = [];
    const early = new GatewayContact();
    early.onFirst((issuer) => told.push(issuer));
    early.note('a.example');
    early.note('b.example');
    const late = new GatewayContact();
    late.note('c.example');
    late.onFirst((issuer) => told.push(issuer));
    expect(told).toEqual(['a.example', 'c.example']);
  });

  it('refreshes trust roots in the background where an authority is pinned', async () => {
    const network = await TestNetwork.start();
    try {
      const asked: string[] = [];
      const { StoreOperations } = await import('../../src/store/store-operations.js');
      const { loadIdentity } = await import('../../src/store/loader.js');
      const { aid, store } = await network.identity('nora');
      const settings = parseStoreOptions(
        {
          aunPath: store.aunPath,
          encryptionSeed: 'test seed',
          rootCaPath: network.gateway.rootCaPath,
          discoveryPort: network.gateway.discoveryPort,
          verifySsl: true,
        },
        undefined,
      );
      const { environment: real, keys, closeKeys } = nodeEnvironment(settings, noopLogger);
      let done: () => void = () => undefined;
      const mirrorAsked = new Promise<void>((resolve) => {
        done = resolve;
      });
      const environment = {
        ...real,
        authorityPem: () => 'not read before a list is there',
        http: {
          request: async (request: { url: string }) => {
            asked.push(new URL(request.url).host.replace(/:\d+$/, ''));
            if (asked.length === 3) done();
            return { status: 404, headers: {}, body: new Uint8Array(), url: request.url };
          },
          close: () => undefined,
        },
      };
      const operations = new StoreOperations(environment, keys, async (name) =>
        loadIdentity(name, keys, environment),
      );
      expect(ok(await operations.register(aid.aid))).toEqual({ registered: true });
      await mirrorAsked;
      const issuer = issuerOf(aid.aid);
      expect(asked).toEqual(['trust.aun.network', `pki.${issuer}`, `gateway.${issuer}`]);
      await operations.close();
      real.http.close();
      closeKeys();
    } finally {
      await network.stop();
    }
  });
});
