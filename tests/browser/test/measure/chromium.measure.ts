import { beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../../src/harness/describe-in-chromium.js';
import type { Tab } from '../../src/harness/tab.js';
import type * as e2eePage from '../../src/pages/measure-e2ee.js';
import type * as wrapPage from '../../src/pages/measure-wrap.js';

const decimals = (value: number): number => Number(value.toPrecision(3));

describeInChromium('measured in Chromium', (stagehand) => {
  let e2ee: Tab<typeof e2eePage>;
  let wrap: Tab<typeof wrapPage>;

  beforeAll(async () => {
    e2ee = await stagehand.open('measure-e2ee');
    wrap = await stagehand.open('measure-wrap');
    console.log(`Chromium ${stagehand.version}`);
  });

  it('envelopes, synchronous on noble and asynchronous on WebCrypto', async () => {
    const rows: Record<string, { ms: number; 'per second': number }> = {};
    const note = (what: string, ms: number) => {
      rows[what] = { ms: decimals(ms), 'per second': decimals(1000 / ms) };
    };
    for (const protocol of ['1DH', '3DH'] as const) {
      const p2p = { kind: 'p2p', protocol, recipients: 1 } as const;
      note(`P2P encrypt ${protocol}`, await e2ee.call('encryptMs', p2p, 5));
      note(`P2P encrypt ${protocol}, async`, await e2ee.call('encryptAsyncMs', p2p, 5));
      note(`P2P open ${protocol}`, await e2ee.call('openMs', p2p, 5));
      note(`P2P open ${protocol}, async`, await e2ee.call('openAsyncMs', p2p, 5));
      for (const recipients of [10, 100, 1000]) {
        const plan = { kind: 'group', protocol, recipients } as const;
        note(`group encrypt ${protocol} to ${recipients}`, await e2ee.call('encryptMs', plan, 3));
        note(`group encrypt ${protocol} to ${recipients}, async`, await e2ee.call('encryptAsyncMs', plan, 3));
      }
    }
    console.table(rows);
    expect(Object.keys(rows)).toHaveLength(20);
  });

  it('key wraps on noble and on WebCrypto', async () => {
    for (const peers of [1, 10, 100, 1000]) {
      const times = await wrap.call('wrapTimes', peers, 3);
      const rows = Object.entries(times).map(([way, ms]) => {
        const perSecond = Math.round((peers * 1000) / ms);
        return [way, { ms: decimals(ms), 'peers per second': perSecond }];
      });
      console.log(`${peers} peers`);
      console.table(Object.fromEntries(rows));
      expect(rows).toHaveLength(8);
    }
  });
});
