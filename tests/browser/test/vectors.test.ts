import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../src/harness/describe-in-chromium.js';
import type { Tab } from '../src/harness/tab.js';
import type * as page from '../src/pages/vectors.js';
import { planOf } from '../src/pages/vectors.js';

/** Package that keeps a copy, and the names of its files. */
const files: readonly (readonly [packageName: string, kind: string])[] = [
  ['aun-pki', 'auth'],
  ['aun-agentmd', 'agentmd'],
  ['aun-keystore-idb', 'keystore'],
  ['aun-e2ee', 'e2ee-canonical'],
  ['aun-e2ee', 'e2ee-kdf'],
  ['aun-e2ee', 'e2ee-wrap'],
  ['aun-e2ee', 'e2ee-recipients'],
  ['aun-e2ee', 'e2ee-spk'],
  ['aun-e2ee', 'e2ee-state'],
  ['aun-e2ee', 'e2ee-envelope-p2p'],
  ['aun-e2ee', 'e2ee-envelope-group'],
  ['aun-e2ee', 'e2ee-negative'],
];

describeInChromium('known answers in Chromium, computed by the built packages', (stagehand) => {
  let tab: Tab<typeof page>;

  beforeAll(async () => {
    tab = await stagehand.open('vectors');
  });

  it.each(files)('hold for %s: %s.json, all that hold in Node', async (packageName, kind) => {
    const path = `../../../packages/${packageName}/test/vectors/${kind}.json`;
    const text = readFileSync(new URL(path, import.meta.url), 'utf8');
    const count = (await planOf(kind, text)).cases.length;
    expect(count).toBeGreaterThan(0);
    expect(await tab.call('runVectors', kind, text)).toEqual({ passed: count, failures: [] });
  });
});
