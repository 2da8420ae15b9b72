import type { Envelope } from 'aun-e2ee';
import { beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../src/harness/describe-in-chromium.js';
import type { Tab } from '../src/harness/tab.js';
import * as node from '../src/pages/e2ee.js';
import { deviceOf, type Kind } from '../src/pages/e2ee-cast.js';

const plans = [
  ['p2p', '1DH', 1],
  ['p2p', '3DH', 1],
  ['p2p', '3DH', 3],
  ['group', '1DH', 5],
  ['group', '3DH', 5],
  ['group', '1DH', 100],
] as const;

/** The index of a device's row. */
function rowOf(envelope: Envelope, kind: Kind, index: number): number {
  const { aid, deviceId } = deviceOf(kind, index);
  return envelope.recipients.findIndex(([rowAid, rowDevice]) => rowAid === aid && rowDevice === deviceId);
}

describeInChromium('envelopes between Chromium and Node', (stagehand) => {
  let page: Tab<typeof node>;

  beforeAll(async () => {
    page = await stagehand.open('e2ee');
  });

  it.each(plans)('made in the page open in Node: %s %s for %i', async (kind, protocol, recipients) => {
    const envelope = await page.call('encrypt', { kind, protocol, recipients });
    expect(envelope.recipients).toHaveLength(recipients);
    for (const device of [0, recipients - 1]) {
      const row = rowOf(envelope, kind, device);
      const expected = { ...node.content, protocol };
      expect(node.open(envelope, kind, device)).toEqual(expected);
      expect(node.open(await page.call('perDeviceForm', envelope, row), kind, device)).toEqual(expected);
      expect(node.open(JSON.parse(node.deliveredText(envelope, row)), kind, device)).toEqual(expected);
    }
  });

  it.each(plans)('made in Node open in the page: %s %s for %i', async (kind, protocol, recipients) => {
    const envelope = node.encrypt({ kind, protocol, recipients });
    for (const device of [0, recipients - 1]) {
      const row = rowOf(envelope, kind, device);
      const expected = { ...node.content, protocol };
      expect(await page.call('open', envelope, kind, device)).toEqual(expected);
      expect(await page.call('openAsync', envelope, kind, device)).toEqual(expected);
      expect(await page.call('open', node.perDeviceForm(envelope, row), kind, device)).toEqual(expected);
      const text = await page.call('deliveredText', envelope, row);
      expect(await page.call('open', JSON.parse(text), kind, device)).toEqual(expected);
    }
  });

  it.each(plans)(
    'have the same bytes made asynchronously: %s %s for %i',
    async (kind, protocol, recipients) => {
      const [sync, async] = await page.call('encryptBothWays', { kind, protocol, recipients });
      expect(async).toEqual(sync);
      const [inNode] = await node.encryptBothWays({ kind, protocol, recipients });
      expect(async).toEqual(inNode);
    },
  );

  it('are refused by both for the same reason', async () => {
    const envelope = node.encrypt({ kind: 'group', protocol: '1DH', recipients: 3 });
    const hostile: readonly unknown[] = [
      { ...envelope, tag: envelope.sender_signature },
      { ...envelope, recipients: envelope.recipients.slice(1) },
      { ...envelope, recipients: [] },
      { ...envelope, aad: { ...envelope.aad, epoch: 4 } },
      { ...node.perDeviceForm(envelope, rowOf(envelope, 'group', 0)), merkle_proof: [] },
      null,
      'text',
    ];
    for (const value of hostile) {
      const refusal = node.open(value, 'group', 0);
      expect(refusal).toEqual({ code: expect.any(String) });
      expect(await page.call('open', value, 'group', 0)).toEqual(refusal);
      expect(await page.call('openAsync', value, 'group', 0)).toEqual(refusal);
    }
    const stranger = node.open(envelope, 'group', 7);
    expect(await page.call('open', envelope, 'group', 7)).toEqual(stranger);
  });
});
