import { beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../src/harness/describe-in-chromium.js';
import type { Tab } from '../src/harness/tab.js';
import * as node from '../src/pages/crypto.js';

describeInChromium('aun-crypto on noble in Chromium and on OpenSSL in Node', (stagehand) => {
  let page: Tab<typeof node>;

  beforeAll(async () => {
    page = await stagehand.open('crypto');
  });

  it('give the same hashes, keys, deterministic signatures, secrets and ciphertexts', async () => {
    const own = await node.answers();
    expect(Object.keys(own).length).toBeGreaterThan(150);
    expect(await page.call('answers')).toEqual(own);
  });

  it.each(['P-256', 'P-384'] as const)(
    'accept what the other one made with its randomness: %s',
    async (curve) => {
      expect(node.objections(await page.call('evidence', curve))).toEqual([]);
      expect(await page.call('objections', node.evidence(curve))).toEqual([]);
    },
  );
});
