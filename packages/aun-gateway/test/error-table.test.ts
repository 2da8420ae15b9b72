import type { JsonObject } from 'aun-core';
import { PrivateKey } from 'aun-crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayConfigInput } from '../src/config/schema.js';
import {
  answerTo,
  phaseOne,
  phaseTwo,
  publicKeyText,
  register,
  sign,
  type TestAgent,
} from './support/agent.js';
import { openPlane, type Plane, type Reply, refusal } from './support/plane.js';

let plane: Plane;
let alice: TestAgent;
let bob: TestAgent;
const call = (method: string, params: JsonObject): Promise<Reply> => plane.call(method, params);

const start = async (config: GatewayConfigInput = {}): Promise<void> => {
  plane?.close();
  plane = await openPlane(config);
  alice = await register(call, 'alice.example.test');
  bob = await register(call, 'bobb.example.test');
};
beforeEach(() => start());
afterEach(() => plane.close());

const day = 86_400;
const mallory = (): TestAgent => ({ ...alice, key: PrivateKey.generate() });
const serial = (): string => plane.identity.store.active(alice.aid)?.serial ?? '';
const suspend = () => plane.identity.registrar.setSuspended(alice.aid, true);
const revoke = () => plane.identity.registrar.revoke(serial(), 'keyCompromise');
const newKey = (): string => publicKeyText(PrivateKey.generate());
const create = (aid: string, key = newKey(), curve = 'P-256') =>
  call('auth.create_aid', { aid, public_key: key, curve });

const renew = (agent: TestAgent, one: Reply) =>
  call('auth.renew_cert', { ...answerTo(agent, one), signature: sign(agent.key, String(one.nonce)) });

const rekey = (agent: TestAgent, one: Reply, key = newKey()) =>
  call('auth.rekey', {
    ...answerTo(agent, one),
    new_public_key: key,
    signature: sign(agent.key, `${String(one.nonce)}${key}`),
  });

type Row = readonly [what: string, code: number, message: RegExp, provoke: () => Promise<unknown>];

const expired = async (after: number): Promise<Reply> => {
  plane.clock.advance(after);
  return phaseOne(call, alice);
};

const createAid: Row[] = [
  ['a taken name, another key', 4090, /^AID alice\.example\.test already exists$/, () => create(alice.aid)],
  ['a bad name', -32602, /^invalid AID/, () => create('ab.example.test')],
  ['a foreign issuer', -32602, /issuer not served/, () => create('carol.other.test')],
  ['a reserved name', -32602, /reserved/, () => create('gateway.example.test')],
  [
    'a bad key',
    -32602,
    /^invalid public_key: (?!.*invalid public_key)/,
    () => create('carol.example.test', 'AAAA'),
  ],
  ['another curve', -32602, /^invalid curve/, () => create('carol.example.test', newKey(), 'P-384')],
  ['no key', -32602, /public_key is required/, () => call('auth.create_aid', { aid: 'carol.example.test' })],
];

const login: Row[] = [
  [
    'unknown AID',
    -32001,
    /^AID not registered$/,
    () => phaseOne(call, { ...alice, aid: 'nobody.example.test' }),
  ],
  [
    'suspended AID',
    -32001,
    /^AID suspended$/,
    async () => {
      await suspend();
      await phaseOne(call, alice);
    },
  ],
  [
    'the certificate of another',
    -32001,
    /^certificate not recognised$/,
    () => phaseOne(call, { ...bob, cert: alice.cert }),
  ],
  [
    'a revoked certificate',
    -32001,
    /^certificate has been revoked$/,
    async () => {
      await revoke();
      await phaseOne(call, alice);
    },
  ],
  [
    'a certificate superseded by rekey',
    -32001,
    /^certificate superseded$/,
    async () => {
      await rekey(alice, await phaseOne(call, alice));
      await phaseOne(call, alice);
    },
  ],
  [
    'an expired certificate',
    -32001,
    /^certificate expired$/,
    async () => phaseTwo(call, alice, await expired(731 * day)),
  ],
  [
    'suspended between the phases',
    -32001,
    /^AID suspended$/,
    async () => {
      const one = await phaseOne(call, alice);
      await suspend();
      await phaseTwo(call, alice, one);
    },
  ],
  [
    'an unknown nonce',
    -32003,
    /^aid_login2_failed: nonce invalid or expired$/,
    () => phaseTwo(call, alice, { request_id: 'req-x', nonce: 'x' }),
  ],
  [
    'an expired nonce',
    -32003,
    /^aid_login2_failed: nonce invalid or expired$/,
    async () => {
      const one = await phaseOne(call, alice);
      plane.clock.advance(61);
      await phaseTwo(call, alice, one);
    },
  ],
  [
    'a wrong signature',
    -32003,
    /^signature verification failed$/,
    async () => phaseTwo(call, mallory(), await phaseOne(call, alice)),
  ],
  [
    'no nonce',
    -32602,
    /nonce is required/,
    () => call('auth.aid_login2', { aid: alice.aid, request_id: 'r' }),
  ],
  ['no certificate', -32602, /cert is required/, () => call('auth.aid_login1', { aid: alice.aid })],
];

const upkeep: Row[] = [
  [
    'renewal: wrong signature',
    -32003,
    /^signature verification failed$/,
    async () => renew(mallory(), await phaseOne(call, alice)),
  ],
  [
    'renewal: used nonce',
    -32003,
    /nonce invalid or expired$/,
    async () => {
      const one = await phaseOne(call, alice);
      await renew(alice, one);
      await renew(alice, one);
    },
  ],
  [
    'renewal: more than 90 days late',
    -32002,
    /^renewal grace period exceeded$/,
    async () => renew(alice, await expired(821 * day)),
  ],
  [
    'renewal: revoked',
    -32050,
    /^certificate has been revoked$/,
    async () => {
      const one = await phaseOne(call, alice);
      await revoke();
      await renew(alice, one);
    },
  ],
  [
    'rekey: wrong signature',
    -32003,
    /^signature verification failed$/,
    async () => rekey(mallory(), await phaseOne(call, alice)),
  ],
  [
    'rekey: the key of another',
    -32602,
    /^invalid new_public_key/,
    async () => rekey(alice, await phaseOne(call, alice), publicKeyText(bob.key)),
  ],
  [
    'rekey: an expired certificate',
    -32002,
    /^certificate_invalid/,
    async () => rekey(alice, await expired(731 * day)),
  ],
  ['download: unknown serial', -32008, /^not_found/, () => call('auth.download_cert', { cert_sn: '1234' })],
];

describe.each<[string, readonly Row[]]>([
  ['auth.create_aid (01 §8.1)', createAid],
  ['login (01 §9.2)', login],
  ['certificate upkeep (01 §12)', upkeep],
])('%s refuses with its code', (_name, rows) => {
  it.each(rows)('%s: %i', async (_what, code, message, provoke) => {
    const refused = await refusal(provoke());
    expect(refused).toMatchObject({ code, message: expect.stringMatching(message) });
    // The public SDKs take these words for trouble on the way (01 §8.1).
    expect(refused.message).not.toMatch(/network|connect|timeout/i);
  });
});

describe('policy and limits', () => {
  it('a closed registration: -32004', async () => {
    plane.close();
    plane = await openPlane({ registration: 'closed' });
    expect(await refusal(create('carol.example.test'))).toMatchObject({
      code: -32004,
      message: 'registration not allowed',
    });
    plane.close();
    await start();
  });

  it.each<[string, GatewayConfigInput['rateLimits'], () => Promise<unknown>]>([
    ['create_aid', { createAidPerMinute: 1, createAidBurst: 2 }, () => create('carol.example.test')],
    ['aid_login1', { loginPerAidPerMinute: 1 }, () => phaseOne(call, alice)],
    ['renew_cert', { certUpkeepPerAidPerHour: 1 }, async () => renew(alice, await phaseOne(call, alice))],
  ])('%s over its limit: -32029 with retry_after', async (_method, rateLimits, provoke) => {
    await start({ rateLimits: { scale: 1, ...rateLimits } });
    const repeat = async () => {
      for (let n = 0; n < 3; n += 1) await provoke();
    };
    expect(await refusal(repeat())).toMatchObject({
      code: -32029,
      message: 'rate limited',
      data: { retry_after: expect.any(Number) },
    });
  });
});

describe('phase 2 is no oracle', () => {
  it('answers unknown AIDs and requests, other nonces and used ones alike', async () => {
    const one = await phaseOne(call, alice);
    await phaseTwo(call, alice, one);
    const refused = await Promise.all(
      [
        phaseTwo(call, { ...alice, aid: 'nobody.example.test' }, one),
        phaseTwo(call, { ...alice, aid: 'nobody.example.test' }, { request_id: 'r', nonce: 'n' }),
        phaseTwo(call, alice, { request_id: 'r', nonce: 'n' }),
        phaseTwo(call, alice, one),
        phaseTwo(call, bob, await phaseOne(call, alice)),
        phaseTwo(call, alice, { ...(await phaseOne(call, alice)), nonce: '0'.repeat(32) }),
      ].map((attempt) => refusal(attempt)),
    );
    expect(new Set(refused.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
  });

  it('answers a wrong signature and no signature at all alike', async () => {
    const attempt = async (signature: string) =>
      refusal(
        call('auth.aid_login2', {
          ...answerTo(alice, await phaseOne(call, alice)),
          client_time: '1',
          signature,
        }),
      );
    const first = await attempt(sign(PrivateKey.generate(), 'x'));
    for (const signature of ['AAAA', 'not base64!', 'MEUCIQ==', 'A'.repeat(500)]) {
      expect(await attempt(signature)).toEqual(first);
    }
  });

  it('gives away no more at refresh: unknown, foreign, withdrawn and malformed tokens answer alike', async () => {
    const tokens = await phaseTwo(call, alice, await phaseOne(call, alice));
    const shape = async (params: JsonObject) => {
      const { diagnostic, ...rest } = await call('auth.refresh_token', params);
      return JSON.stringify({ ...rest, diagnostic: Object.keys(Object(diagnostic)) });
    };
    const other = await shape({ refresh_token: String(tokens.refresh_token), aid: bob.aid });
    await suspend();
    const answers = [
      other,
      await shape({ refresh_token: 'rt_unknown' }),
      await shape({ refresh_token: 'rt_unknown', aid: 'nobody.example.test' }),
      await shape({ refresh_token: String(tokens.refresh_token) }),
    ];
    expect(new Set(answers).size).toBe(1);
  });
});
