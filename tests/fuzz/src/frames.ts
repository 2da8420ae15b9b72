import type { Random } from './random.js';

const methods = [
  'auth.connect',
  'auth.create_aid',
  'auth.aid_login1',
  'auth.aid_login2',
  'auth.refresh_token',
  'auth.renew_cert',
  'auth.rekey',
  'auth.download_cert',
  'auth.request_cert',
  'meta.ping',
  'meta.status',
  'meta.trust_roots',
  'message.send',
  'message.pull',
  'message.ack',
  'message.recall',
  'message.query_online',
  'message.thought.put',
  'message.thought.get',
  'message.v2.pull',
  'message.v2.ack',
  'message.v2.bootstrap',
  'message.v2.put_peer_pk',
  'notification/route',
  'notification/x',
  'no.such.method',
  '__proto__',
  'constructor',
  'toString',
  '',
] as const;

const keys = [
  'aid',
  'to',
  'payload',
  'nonce',
  'auth',
  'device',
  'client',
  'cert',
  'public_key',
  'signature',
  'after_seq',
  'limit',
  'up_to_seq',
  'seq',
  'client_signature',
  '_trace',
  'message_id',
  'context',
  'options',
  'request_id',
  '__proto__',
  'constructor',
  'type',
  'delivery_mode',
  'slot_id',
  'device_id',
  'peer_aid',
  'spk_pk',
  '\u0000',
  '😀',
] as const;

const scalars = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  1.5,
  9007199254740992,
  '',
  'x',
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  "' OR 1=1 --",
  'alice.aun.localhost',
  'group.aun.localhost',
  '__system__',
  'A'.repeat(5_000),
  '2026-01-01',
  '{}',
  '-----BEGIN CERTIFICATE-----',
] as const;

const value = (random: Random, depth: number): unknown => {
  const kind = random.below(depth > 4 ? 1 : 4);
  if (kind < 2) return random.pick(scalars);
  if (kind === 2) return Array.from({ length: random.below(5) }, () => value(random, depth + 1));
  return params(random, depth + 1);
};

const params = (random: Random, depth = 0): Record<string, unknown> =>
  Object.fromEntries(
    Array.from({ length: random.below(8) }, () => [random.pick(keys), value(random, depth)]),
  );

const deep = (random: Random): string => {
  const levels = random.pick([10, 400, 600, 20_000]);
  const inner = random.pick([
    `${'['.repeat(levels)}${']'.repeat(levels)}`,
    `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
  ]);
  return `{"jsonrpc":"2.0","id":"d","method":"message.send","params":{"to":"alice.aun.localhost","payload":${inner}}}`;
};

const request = (random: Random): string =>
  JSON.stringify({
    jsonrpc: random.pick(['2.0', '1.0', 2]),
    id: random.pick([1, 'a', -1.5, 'i'.repeat(300), 0]),
    method: random.pick(methods),
    params: random.pick([params(random), params(random), params(random), null, [], 'x', 1]),
  });

/** A well-formed JSON-RPC frame with hostile content: the gateway answers it and keeps the socket. */
export const hostileRequest = (random: Random): string =>
  random.pick([request, request, request, deep])(random);

/** Anything: broken JSON, batches, wrong types, bytes. */
export const garbage = (random: Random): string | Buffer => {
  const text = request(random);
  return random.pick<() => string | Buffer>([
    () => text.slice(0, random.below(text.length)),
    () => random.bytes(1 + random.below(200)),
    () => JSON.stringify(value(random, 0)),
    () => `[${text},${text}]`,
    () => text.replace(/"/g, "'"),
    () => `${text}${text}`,
    () => '',
    () => JSON.stringify({ jsonrpc: '2.0', id: {}, method: [], params: 5 }),
    () => JSON.stringify({ jsonrpc: '2.0', id: 'r', result: {} }),
  ])();
};
