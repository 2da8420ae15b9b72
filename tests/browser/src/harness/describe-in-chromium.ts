import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject } from 'vitest';
import { openTab, type Tab } from './tab.js';

/** What a suite does with the browser. Everything it opens is closed at its end. */
export interface Stagehand {
  /** Of the browser. */
  readonly version: string;
  /**
   * Opens a tab with the page of `src/pages/NAME.ts`. The tabs of one context share their origin's storage; those of a
   * suite are in one context unless another is given.
   */
  open<M>(name: string, context?: BrowserContext): Promise<Tab<M>>;
  /** A browser profile of its own: other storage, other settings. */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
}

/** A suite that needs Chromium; where there is none it is skipped, with the reason in its name. */
export function describeInChromium(name: string, suite: (stagehand: Stagehand) => void): void {
  const stage = inject('stage');
  describe.skipIf(stage === null)(stage === null ? `${name} (${reasonToSkip()})` : name, () => {
    let browser: Browser | undefined;
    let shared: Promise<BrowserContext> | undefined;
    const tabs: Tab<unknown>[] = [];

    const running = (): Browser => {
      if (browser === undefined) throw new Error('there is a browser from beforeAll to afterAll');
      return browser;
    };
    beforeAll(async () => {
      browser = await chromium.connect(stage?.endpoint ?? '', { timeout: 10_000 });
    });
    afterAll(async () => {
      // Closes what was opened over this connection; the browser itself goes on.
      await browser?.close();
      expect(tabs.flatMap((tab) => tab.uncaught)).toEqual([]);
    });

    suite({
      get version() {
        return running().version();
      },
      async open<M>(page: string, context?: BrowserContext) {
        shared ??= running().newContext();
        const tab = await openTab<M>(context ?? (await shared), `${stage?.origin}/${page}`);
        tabs.push(tab as Tab<unknown>);
        return tab;
      },
      newContext: (options) => running().newContext(options),
    });
  });
}

function reasonToSkip(): string {
  const chosen = process.env.AUN_CHROMIUM ?? '';
  return chosen === '' ? 'needs a Chromium; AUN_CHROMIUM can name one' : `AUN_CHROMIUM is no file: ${chosen}`;
}
