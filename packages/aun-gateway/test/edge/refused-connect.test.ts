import { describe, expect, it } from 'vitest';
import { connectParams } from './support/client.js';
import { nora, otto, text } from './support/configured.js';
import { edges } from './support/edges.js';

const start = edges();

describe('a connect that is refused (04 §3)', () => {
  it('registers no device: neither for another delivery mode nor for one short connection too many', async () => {
    const edge = await start({ shortPerSlot: 0 });
    const [n] = [await edge.connect(nora), await edge.connect(otto)];
    const other = await edge.open();
    expect(
      await other.refused('auth.connect', connectParams(other, otto, { device: 'd-2', mode: 'queue' })),
    ).toMatchObject({ code: -32602, message: expect.stringContaining('delivery_mode_conflict') });
    const tooMany = await edge.open();
    expect(
      await tooMany.refused('auth.connect', connectParams(tooMany, otto, { device: 'd-3', kind: 'short' })),
    ).toMatchObject({ code: 4013 });
    expect(edge.db.rawAll(`SELECT device_id FROM devices WHERE owner_aid = '${otto}'`)).toEqual([
      { device_id: 'd-1' },
    ]);
    const { peer_devices: devices } = await n.call('message.v2.bootstrap', { peer_aid: otto });
    expect(devices.map((device: { device_id: string }) => device.device_id)).toEqual(['d-1']);
    await n.call('message.send', { to: otto, payload: text('x') });
  });
});
