import { PrivateKey } from 'aun-crypto';
import { parseCertificate, verifyProof } from 'aun-pki';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVault } from '../../src/ca/open-ca.js';
import { asOperator } from '../../src/cli/operator.js';
import { helloAckText } from '../../src/federation/hello.js';
import { type Json, TestClient } from '../edge/support/client.js';
import { ForeignGateway } from './foreign-gateway.js';
import { Domain, twoDomains } from './two-domains.js';

let b: Domain;
let good: ForeignGateway;
let denied: ForeignGateway;
let unknown: ForeignGateway;
let shared: ForeignGateway;
let impostor: ForeignGateway;

beforeAll(async () => {
  good = await ForeignGateway.create('c.localhost');
  denied = await ForeignGateway.create('d.localhost');
  unknown = await ForeignGateway.create('e.localhost');
  shared = await ForeignGateway.create('s.localhost');
  impostor = await ForeignGateway.create('t.localhost', 'someone.else');
  b = new Domain('b.localhost');
  await b.start({
    peers: {
      'c.localhost': { url: 'https://127.0.0.1:1', roots: [good.rootPem] },
      'd.localhost': { url: 'https://127.0.0.1:1', roots: [denied.rootPem] },
    },
    roots: [shared.rootPem, impostor.rootPem],
    deny: ['d.localhost'],
  });
}, 30_000);

afterAll(async () => {
  await b?.stop();
  b?.remove();
});

const open = (): Promise<TestClient> => TestClient.open(b.url);

/** The refusal and the close code that follow a hello. */
const refusal = async (client: TestClient, params: Json) => {
  const { code, message } = await client.refused('federation.hello', params);
  return { code, message, close: (await client.closed).code };
};

describe('federation.hello is accepted', () => {
  it('with a certificate of a root pinned for the issuer, and answered with proof of our own', async () => {
    const client = await open();
    const hello = good.hello(client, b.issuer);
    const ack = await client.call('federation.hello', hello);
    expect(ack).toMatchObject({
      status: 'ok',
      protocol: '1.0',
      issuer: 'b.localhost',
      gateway_aid: 'gateway.b.localhost',
      max_batch: 100,
      max_frame: 1_048_576,
      heartbeat_interval: 30,
    });
    expect(ack.namespaces).toEqual(expect.arrayContaining(['message', 'notify']));
    const cert = parseCertificate(ack.cert);
    if (!cert.ok) throw new Error('no certificate');
    expect(cert.data.subjectCommonName).toBe('gateway.b.localhost');
    const text = helloAckText({
      fromIssuer: 'c.localhost',
      toIssuer: 'b.localhost',
      nonce: client.nonce,
      clientNonce: String(hello.client_nonce),
      timestampMs: ack.timestamp_ms,
    });
    expect(text.startsWith('aun-federation-hello-ack-v1|b.localhost|c.localhost|')).toBe(true);
    expect(verifyProof(text, ack.signature, cert.data.publicKey)).toBe(true);
    client.cut();
  });

  it('with a shared root, if the Issuer CA bears the name of the issuer', async () => {
    const client = await open();
    expect(await client.call('federation.hello', shared.hello(client, b.issuer))).toMatchObject({
      status: 'ok',
    });
    client.cut();
  });
});

type Case = readonly [
  what: string,
  reason: RegExp,
  close: number,
  params: (client: TestClient) => Json | Promise<Json>,
];

const cases: readonly Case[] = [
  ['for another issuer', /wrong_issuer/, 4001, (c) => good.hello(c, 'z.localhost')],
  [
    'from one of our own issuers',
    /wrong_issuer/,
    4001,
    (c) => good.hello(c, b.issuer, { from_issuer: b.issuer }),
  ],
  ['from a denied issuer', /acl_denied/, 4011, (c) => denied.hello(c, b.issuer)],
  [
    'without a trusted root',
    /certificate: no root|certificate: the chain is not anchored/,
    4001,
    (c) => unknown.hello(c, b.issuer),
  ],
  [
    'by another Issuer CA below a shared root',
    /certificate: .*someone\.else/,
    4001,
    (c) => impostor.hello(c, b.issuer),
  ],
  [
    'with the nonce of another socket',
    /invalid_nonce/,
    4001,
    (c) => good.hello(c, b.issuer, { nonce: 'bm90LXRoaXM' }),
  ],
  ['too late', /expired/, 4001, (c) => good.hello(c, b.issuer, { timestamp_ms: Date.now() - 301_000 })],
  ['too early', /expired/, 4001, (c) => good.hello(c, b.issuer, { timestamp_ms: Date.now() + 310_000 })],
  [
    'as another gateway',
    /wrong_gateway/,
    4001,
    (c) => good.hello(c, b.issuer, { gateway_aid: 'gateway.x.localhost' }),
  ],
  [
    'with the certificate of an agent',
    /certificate/,
    4001,
    async (c) => good.hello(c, b.issuer, {}, await good.issue('alice.c.localhost')),
  ],
  [
    'with a key that is not certified',
    /signature/,
    4001,
    (c) => good.hello(c, b.issuer, {}, { ...good.credentials, key: PrivateKey.generate() }),
  ],
  [
    'with a text changed after signing',
    /signature/,
    4001,
    (c) => good.hello(c, b.issuer, {}, good.credentials, { client_nonce: 'A'.repeat(43) }),
  ],
  [
    'for another protocol',
    /protocol/,
    4001,
    (c) => good.hello(c, b.issuer, { protocol: { min: '2.0', max: '3.0' } }),
  ],
  ['with a short nonce', /malformed/, 4001, (c) => good.hello(c, b.issuer, { client_nonce: 'short' })],
  ['without a chain', /malformed/, 4001, (c) => good.hello(c, b.issuer, { cert_chain: [] })],
  [
    'with rubbish for a certificate',
    /certificate/,
    4001,
    (c) => good.hello(c, b.issuer, { cert: 'rubbish' }),
  ],
  ['that is empty', /malformed/, 4001, () => ({})],
];

describe('federation.hello is refused with -32012', () => {
  for (const [what, reason, close, params] of cases) {
    it(what, async () => {
      const client = await open();
      const refused = await refusal(client, await params(client));
      expect(refused).toMatchObject({ code: -32012, close });
      expect(refused.message).toMatch(reason);
    });
  }

  it('when another request came first', async () => {
    const client = await open();
    await client.call('meta.ping');
    expect(await refusal(client, good.hello(client, b.issuer))).toMatchObject({ code: -32012, close: 4001 });
  });

  it('the second time on one socket', async () => {
    const client = await good.connect(b.url, b.issuer);
    expect(await refusal(client, good.hello(client, b.issuer))).toMatchObject({ code: -32012, close: 4001 });
  });

  it('with a revoked certificate', async () => {
    const two = await twoDomains();
    try {
      const alice = await two.a.agent('alice');
      const atA = await two.a.connect(alice);
      // Makes the certificates of both gateways.
      await atA.refused('message.send', { to: 'nobody.b.localhost', payload: {} });
      atA.cut();
      const http = `http://127.0.0.1:${two.a.network.gateway.ports.http}`;
      const pem = await (await fetch(`${http}/pki/cert/gateway.a.localhost`)).text();
      const cert = parseCertificate(pem);
      if (!cert.ok) throw new Error(`no certificate: ${pem}`);
      const { config } = two.a.network.gateway;
      const key = openVault(config).read(`a.localhost/gateway/${cert.data.publicKey.keyId().slice(7)}`);
      await two.a.stop();
      const chain = await asOperator(config, async ({ identity, office }) => {
        await identity.registrar.revoke(cert.data.serialHex, 'keyCompromise');
        return office.authorities.first.chain;
      });
      // B has not asked for a CRL of A for so long that its cache is as good as new.
      await two.b.stop();
      await two.revive(two.a);
      await two.revive(two.b);
      const thief = await ForeignGateway.create('a.localhost');
      const client = await TestClient.open(two.b.url);
      const hello = thief.hello(client, 'b.localhost', {}, { cert: cert.data, chain, key });
      const refused = await refusal(client, hello);
      expect(refused).toMatchObject({ code: -32012, close: 4001 });
      expect(refused.message).toContain('revoked');
      const again = await two.a.connect(alice);
      const error = await again.refused('message.send', { to: 'nobody.b.localhost', payload: {} });
      expect(error.code).toBe(-32008);
      again.cut();
    } finally {
      await two.close();
    }
  }, 40_000);
});
