import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { findChromium } from './find-chromium.js';
import { startPageServer } from './page-server.js';

/** What the test files of a run share: one browser and one origin. */
export interface Stage {
  /** Where playwright reaches the browser. */
  readonly endpoint: string;
  /** Of the server that has the pages, without a slash at the end. */
  readonly origin: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where there is no Chromium. */
    readonly stage: Stage | null;
  }
}

const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser and the page server once for all test files; what it returns ends both. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    project.provide('stage', null);
    return async () => {};
  }
  const pages = await startPageServer();
  try {
    // Playwright gives every browser a new profile folder and removes it at the end.
    const browser = await chromium.launchServer({
      executablePath,
      args: flags,
      headless: true,
      chromiumSandbox: false,
      host: '127.0.0.1',
      timeout: 20_000,
    });
    project.provide('stage', { endpoint: browser.wsEndpoint(), origin: pages.origin });
    return async () => {
      await browser.close();
      await pages.close();
    };
  } catch (error) {
    await pages.close();
    throw error;
  }
}
