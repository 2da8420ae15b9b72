import { beforeAll, describe, expect, it } from 'vitest';
import { describeInChromium } from '../src/harness/describe-in-chromium.js';
import type { Tab } from '../src/harness/tab.js';
import type * as page from '../src/pages/keystore.js';

type KeystoreTab = Tab<typeof page>;
const contractTimeoutMs = 60_000;

describeInChromium('the key store in Chromium', (stagehand) => {
  const newTab = async (): Promise<KeystoreTab> => stagehand.open('keystore', await stagehand.newContext());

  it('keeps the contract in a page and in a worker, with one device id', {
    timeout: contractTimeoutMs,
  }, async () => {
    const tab = await newTab();
    expect(await tab.call('runContract', 'page.browser.test')).toEqual([]);
    const { failures, deviceId, hasLocalStorage } = await tab.call(
      'runContractInWorker',
      'worker.browser.test',
    );
    expect(failures).toEqual([]);
    expect(hasLocalStorage).toBe(false);
    expect(deviceId).toBe(await tab.call('deviceId'));
    expect(await tab.call('localDeviceId')).toBe(deviceId);
    const local = await tab.call('localDeviceId');
    await tab.page.reload();
    expect(await tab.call('deviceId')).toBe(local);
  });

  describe('with two tabs of one origin', () => {
    let first: KeystoreTab;
    let second: KeystoreTab;
    beforeAll(async () => {
      const context = await stagehand.newContext();
      [first, second] = await Promise.all([
        stagehand.open<typeof page>('keystore', context),
        stagehand.open<typeof page>('keystore', context),
      ]);
    });

    it('gives both the same device id when they ask first at once', async () => {
      const [one, two] = await Promise.all([first.call('deviceId'), second.call('deviceId')]);
      expect(one).toBe(two);
    });

    it('tells the other tab what one has written', async () => {
      await second.call('watch');
      await first.call('saveMetadata', 7);
      await expect
        .poll(() => second.call('seenChanges'))
        .toEqual([{ kind: 'metadata', aid: 'alice.browser.test' }]);
      expect(await second.call('loadMetadata')).toBe(7);
    });

    it('makes them agree on one prekey', async () => {
      const ids = await Promise.all([first, second, first, second].map((tab) => tab.call('agreedPrekey')));
      expect(new Set(ids).size).toBe(1);
      expect(await first.call('prekeyCount')).toBe(1);
    });

    it('lets one procedure at a time work on an identity', async () => {
      await Promise.all([first.call('countUnderLock', 25), second.call('countUnderLock', 25)]);
      expect(await first.call('counter')).toBe(50);
    });

    it('says busy while the other tab holds the lock, and frees the lock of a closed tab', async () => {
      await second.call('holdLock');
      expect(await first.call('lockCode', 50)).toBe('busy');
      await second.call('letGo');
      expect(await first.call('lockCode', 5_000)).toBeNull();
      await second.call('holdLock');
      await second.close();
      expect(await first.call('lockCode', 5_000)).toBeNull();
    });
  });

  it.each([1, 5, 8])('upgrades databases of version %i that another tab had open', async (version) => {
    const context = await stagehand.newContext();
    const older = await stagehand.open<typeof page>('keystore', context);
    const publicKey = await older.call('makeOldDatabases', version);
    const newer = await stagehand.open<typeof page>('keystore', context);
    expect(await newer.call('readUpgraded')).toEqual({ code: 'busy' });
    await older.call('closeOldDatabase');
    expect(await newer.call('readUpgraded')).toEqual({
      code: null,
      publicKey,
      version: 9,
      stores: 9,
      plaintext: false,
      groupPrekeys: 1,
    });
  });

  it('says unsupported where storage is refused, and keeps only cards in memory', async () => {
    expect(await (await newTab()).call('refusals')).toEqual({
      missing: 'unsupported',
      'missing, card': '35',
      throwing: 'unsupported',
      'throwing, card': '35',
    });
  });

  it('says no_space when the quota is used up, with the old data intact', async () => {
    const tab = await newTab();
    const devtools = await tab.page.context().newCDPSession(tab.page);
    const { origin } = new URL(tab.page.url());
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 12 << 20 });
    expect(await tab.call('fillQuota')).toEqual({ code: 'no_space', intact: true });
  });
});
