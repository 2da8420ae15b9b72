import { base64Encode, concatBytes, PrivateKey, signRaw, utf8Encode } from 'aun-crypto';
import { keyIdOf, verifyRecipientProof } from 'aun-e2ee/validate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KnownAid, startEdge, type TestEdge } from './support/edge.js';
import { envelope, row } from './support/envelope.js';

const nora = 'nora.demo.example';
const otto = 'otto.demo.example';
const capabilities = {
  version: 'v2.1',
  protocols: ['1DH', '3DH'],
  scopes: ['aid', 'device'],
  per_aid_wrap: true,
  per_device_wrap: true,
};

const upload = (identity: KnownAid, seconds = Math.floor(Date.now() / 1000)) => {
  const { spki } = PrivateKey.generate().publicKey;
  const id = keyIdOf(spki);
  return {
    peer_aid: identity.aid,
    key_source: 'peer_device_prekey',
    spk_id: id,
    spk_pk: base64Encode(spki),
    spk_signature: base64Encode(signRaw(identity.key, concatBytes(spki, utf8Encode(`${id}${seconds}`)))),
    spk_timestamp: seconds,
  };
};

describe('encrypted messages (04 §5-7)', () => {
  let edge: TestEdge;
  let noraId: KnownAid;
  beforeEach(async () => {
    edge = await startEdge();
    noraId = edge.register('nora');
    edge.register('otto');
  });
  afterEach(async () => {
    expect(edge.errors).toEqual([]);
    await edge.stop();
  });

  it('2, 22: takes an envelope with random keys and unknown members; the answer has no seq', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto, { device: 'd-otto' })]);
    const payload = envelope({ from: nora, to: otto, messageId: 'm-1', extra: { stray: { a: 1 } } });
    const result = await n.call('message.send', { to: otto, payload });
    expect(result).toEqual({
      message_id: 'm-1',
      timestamp: result.timestamp,
      status: 'delivered',
      delivery_mode: 'fanout',
    });
    const { params } = await o.event('event/peer.v2.message_received');
    expect(params).toMatchObject({
      seq: 1,
      message_id: 'm-1',
      from_aid: nora,
      device_id: 'd-otto',
      direction: 'inbound',
    });
    expect(params).not.toHaveProperty('slot_id');
    const page = await o.call('message.v2.pull', {});
    const [pulled] = page.messages;
    expect(pulled).toMatchObject({ version: 'v2', seq: 1, type: 'e2ee.p2p_encrypted', to: otto, spk_id: '' });
    const form = JSON.parse(pulled.envelope_json);
    expect(form).toMatchObject({
      ciphertext: payload.ciphertext,
      aad: payload.aad,
      stray: { a: 1 },
      t_server: result.timestamp,
    });
    expect(form).not.toHaveProperty('recipients');
    expect(form.recipient).toMatchObject({ aid: otto, device_id: '', role: 'peer' });
    expect(
      verifyRecipientProof(
        Object.values(form.recipient) as string[],
        form.merkle_proof,
        payload.recipients_digest,
      ),
    ).toBe(true);
    expect(JSON.parse(String(params.envelope_json))).toEqual(form);
  });

  it('15: pushes strictly increasing seqs, inline while caught up, as hints while a gap is open', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    await o.call('message.v2.pull', {});
    for (let i = 0; i < 3; i += 1)
      await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto }) });
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto, bytes: 20_000 }) });
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto }) });
    await o.event('event/peer.v2.message_received', 5);
    const pushed = o.eventsOf('event/peer.v2.message_received').map((event) => event.params);
    expect(pushed.map((params) => params.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(pushed.map((params) => 'envelope_json' in params)).toEqual([true, true, true, false, false]);
    await o.call('message.v2.pull', { after_seq: 3 });
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto }) });
    expect((await o.event('event/peer.v2.message_received', 6)).params).toHaveProperty('envelope_json');
  });

  it('55-57: gives the sender’s other devices an outbound copy, the sending device nothing', async () => {
    const n1 = await edge.connect(nora, { device: 'd-n1' });
    const n1b = await edge.connect(nora, { device: 'd-n1', slot: 'other' });
    const n2 = await edge.connect(nora, { device: 'd-n2' });
    const o = await edge.connect(otto);
    const payload = envelope({ from: nora, device: 'd-n1', to: otto });
    await n1.call('message.send', { to: otto, payload });
    await o.event('event/peer.v2.message_received');
    const copy = await n2.event('event/peer.v2.message_received');
    expect(copy.params).toMatchObject({
      direction: 'outbound_sync',
      from_aid: nora,
      to: otto,
      device_id: 'd-n2',
    });
    await Promise.all([n1.settle(), n1b.settle()]);
    expect(n1.eventsOf('event/peer.v2.message_received')).toHaveLength(0);
    expect(n1b.eventsOf('event/peer.v2.message_received')).toHaveLength(0);
    const reply = envelope({ from: otto, to: nora });
    await o.call('message.send', { to: nora, payload: reply });
    expect((await n1.event('event/peer.v2.message_received')).params.direction).toBe('inbound');
    expect((await n2.event('event/peer.v2.message_received', 2)).params.direction).toBe('inbound');
  });

  it('delivers per-device rows to exactly their devices', async () => {
    const o1 = await edge.connect(otto, { device: 'd-a' });
    const o2 = await edge.connect(otto, { device: 'd-b' });
    const n = await edge.connect(nora);
    const rows = [row(otto, 'd-a', 'peer'), row(otto, 'd-b', 'peer'), row(otto, 'd-ghost', 'peer')];
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto, rows }) });
    for (const [client, device] of [
      [o1, 'd-a'],
      [o2, 'd-b'],
    ] as const) {
      const page = await client.call('message.v2.pull', {});
      expect(page.count).toBe(1);
      expect(JSON.parse(page.messages[0].envelope_json).recipient.device_id).toBe(device);
    }
  });

  it('a message to oneself is inbound on every own device, the sending one included', async () => {
    const n1 = await edge.connect(nora, { device: 'd-n1' });
    const n2 = await edge.connect(nora, { device: 'd-n2' });
    const rows = [row(nora, '', 'peer'), row(nora, '', 'self_sync')];
    await n1.call('message.send', {
      to: nora,
      payload: envelope({ from: nora, device: 'd-n1', to: nora, rows }),
    });
    for (const client of [n1, n2]) {
      const page = await client.call('message.v2.pull', {});
      expect(page.messages).toMatchObject([{ seq: 1, direction: 'inbound' }]);
    }
  });

  it('refuses what 04 §5.2 refuses, with its codes, and consumes no seq', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    await edge.connect(otto, { device: 'd-2' });
    const good = envelope({ from: nora, to: otto });
    const cases: [object, number][] = [
      [{ ...good, version: 'v1' }, -33020],
      [{ ...good, type: 'e2ee.encrypted' }, -33020],
      [{ ...good, suite: 'x' }, -32602],
      [{ ...good, aad: { ...good.aad, from: otto } }, -32602],
      [{ ...good, aad: { ...good.aad, from_device: 'd-9' } }, -32602],
      [{ ...good, aad: { ...good.aad, to: nora } }, -32602],
      [{ ...good, aad: { ...good.aad, timestamp: Date.now() - 25 * 3_600_000 } }, -32602],
      [{ ...good, t_send: Date.now() + 600_000 }, -32602],
      [{ ...good, nonce: '' }, -32602],
      [{ ...good, recipients: [...good.recipients].reverse() }, -32602],
      [{ ...good, recipients_digest: '00'.repeat(32) }, -32602],
      [{ ...good, recipients: good.recipients.slice(1) }, -32602],
      [envelope({ from: nora, to: otto, rows: [row(otto, 'd-1', 'peer')] }), -33050],
      [
        envelope({
          from: nora,
          to: otto,
          rows: [row(otto, '', 'peer'), row('ghost.demo.example', '', 'audit')],
        }),
        -33050,
      ],
    ];
    for (const [payload, code] of cases) {
      expect((await n.refused('message.send', { to: otto, payload })).code).toBe(code);
    }
    await n.call('message.send', { to: otto, payload: good });
    expect((await o.event('event/peer.v2.message_received')).params.seq).toBe(1);
  });

  it('answers a resend as duplicate without a seq and without a hole', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    const send = (messageId: string) =>
      n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto, messageId }) });
    const first = await send('m-1');
    expect(await send('m-1')).toEqual({ ...first, status: 'duplicate' });
    await send('m-2');
    expect(
      (await o.call('message.v2.pull', {})).messages.map((message: { seq: number }) => message.seq),
    ).toEqual([1, 2]);
  });

  it('stores the body once, whatever the number of devices', async () => {
    for (const device of ['a', 'b', 'c', 'd']) await edge.connect(otto, { device });
    const n = await edge.connect(nora);
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto }) });
    expect(edge.db.rawAll('SELECT count(*) AS n FROM bodies')[0]?.n).toBe(1);
    expect(edge.db.rawAll('SELECT count(*) AS n FROM inbox')[0]?.n).toBe(4);
  });

  it('1, 58: bootstrap lists connected devices, the policy follows the capabilities', async () => {
    const [n] = await Promise.all([edge.connect(nora), edge.connect(otto, { device: 'd-o' })]);
    const modern = await n.call('message.v2.bootstrap', {
      peer_aid: otto,
      e2ee_wrap_capabilities: capabilities,
    });
    expect(modern.peer_devices).toEqual([
      {
        aid: otto,
        device_id: 'd-o',
        ik_pk: expect.any(String),
        ik_fp: expect.stringMatching(/^sha256:[0-9a-f]{16}$/),
      },
    ]);
    expect(modern.self_devices).toHaveLength(1);
    expect(modern.audit_recipients).toEqual([]);
    expect(modern.e2ee_wrap_policy).toEqual({
      version: 'v2.1',
      protocol: '1DH',
      scope: 'aid',
      per_aid_wrap: true,
      per_device_wrap: false,
      source: 'server_default',
    });
    expect(modern.certs[otto]).toMatchObject({ cert_pem: expect.any(String), ca_chain: ['PEM of a CA'] });
    const legacy = await n.call('message.v2.bootstrap', { peer_aid: otto });
    expect(legacy.e2ee_wrap_policy).toMatchObject({
      protocol: '3DH',
      scope: 'device',
      source: 'legacy_client',
    });
  });

  it('never hands out a prekey of a legacy connection without device id: its row is AID-wide', async () => {
    const n = await edge.connect(nora, { device: '' });
    await n.call('message.v2.put_peer_pk', upload(noraId, Math.floor(Date.now() / 1000)));
    const { peer_devices: rows } = await n.call('message.v2.bootstrap', { peer_aid: nora });
    expect(rows).toEqual([
      { aid: nora, device_id: '', ik_pk: expect.any(String), ik_fp: expect.any(String) },
    ]);
  });

  it('54: uploaded prekeys of two devices are listed without capabilities, current ones only', async () => {
    const n1 = await edge.connect(nora, { device: 'd-n1' });
    const n2 = await edge.connect(nora, { device: 'd-n2' });
    const now = Math.floor(Date.now() / 1000);
    const older = upload(noraId, now - 100);
    const first = upload(noraId, now);
    const second = upload(noraId, now);
    expect(await n1.call('message.v2.put_peer_pk', { ...first, spk_timestamp: String(now) })).toMatchObject({
      ok: true,
      device_id: 'd-n1',
      spk_id: first.spk_id,
    });
    await n1.call('message.v2.put_peer_pk', first);
    await n1.call('message.v2.put_peer_pk', older);
    await n2.call('message.v2.put_peer_pk', second);
    const { peer_devices: rows } = await n1.call('message.v2.bootstrap', { peer_aid: nora });
    const ids = Object.fromEntries(
      rows.map((one: { device_id: string; spk_id: string }) => [one.device_id, one.spk_id]),
    );
    expect(ids).toEqual({ 'd-n1': first.spk_id, 'd-n2': second.spk_id });
    expect(rows[0]).toMatchObject({ key_source: 'peer_device_prekey', spk_timestamp: now });
    edge.edge.aidRekeyed(nora);
    await n1.settle();
    const after = await n1.call('message.v2.bootstrap', { peer_aid: nora });
    expect(after.peer_devices.some((one: object) => 'spk_id' in one)).toBe(false);
  });

  it('refuses a prekey of another AID, a bad id and a bad signature', async () => {
    const n = await edge.connect(nora);
    const good = upload(noraId);
    const refuse = async (change: object) =>
      (await n.refused('message.v2.put_peer_pk', { ...good, ...change })).code;
    expect(await refuse({ peer_aid: otto })).toBe(-32004);
    expect(await refuse({ key_source: 'x' })).toBe(-32602);
    expect(await refuse({ spk_id: 'sha256:0000000000000000' })).toBe(-32602);
    expect(await refuse({ spk_signature: base64Encode(new Uint8Array(64)) })).toBe(-32602);
    expect(await refuse({ spk_timestamp: good.spk_timestamp + 10_000 })).toBe(-32602);
  });

  it('19: an AID that never connected has no devices and no error; an unknown one is -32008', async () => {
    edge.register('never');
    const n = await edge.connect(nora);
    const answer = await n.call('message.v2.bootstrap', {
      peer_aid: 'never.demo.example',
      e2ee_wrap_capabilities: capabilities,
    });
    expect(answer.peer_devices).toEqual([]);
    expect((await n.refused('message.v2.bootstrap', { peer_aid: 'ghost.demo.example' })).code).toBe(-32008);
    expect((await n.refused('message.v2.group_bootstrap', {})).code).toBe(-32004);
  });

  it('names the sender’s agent.md in the stored envelope when it is known (04 §5.4)', async () => {
    edge.cards.set(nora, { etag: '"a1"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' });
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto }) });
    const page = await o.call('message.v2.pull', {});
    expect(JSON.parse(page.messages[0].envelope_json).agent_md).toEqual({
      sender: { aid: nora, etag: '"a1"', last_modified: 'Thu, 01 Jan 2026 00:00:00 GMT' },
    });
  });
});
