import type { BrowserContext, Page } from 'playwright-core';

// biome-ignore lint/suspicious/noExplicitAny: any function of a page module
type AnyFunction = (...args: any) => unknown;

/** Names of the functions a page module exports. */
type FunctionsOf<M> = { [K in keyof M]: M[K] extends AnyFunction ? K : never }[keyof M] & string;
type ArgumentsOf<F> = F extends AnyFunction ? Parameters<F> : never;
type ResultOf<F> = F extends AnyFunction ? Awaited<ReturnType<F>> : never;

/** One tab that shows one page. `M` is the type of the page's module. */
export interface Tab<M> {
  readonly page: Page;
  /** Calls a function of the module inside the page. Arguments and result travel as JSON-like values. */
  call<K extends FunctionsOf<M>>(name: K, ...args: ArgumentsOf<M[K]>): Promise<ResultOf<M[K]>>;
  /** What nobody caught inside the page: exceptions and rejections. */
  readonly uncaught: readonly Error[];
  close(): Promise<void>;
}

/** @throws when the page or its module cannot be loaded */
export async function openTab<M>(context: BrowserContext, url: string): Promise<Tab<M>> {
  const page = await context.newPage();
  const uncaught: Error[] = [];
  page.on('pageerror', (error) => uncaught.push(error));
  await page.goto(url);
  // Modules without top-level await have run when the page is loaded.
  if (!(await page.evaluate(() => 'pageModule' in globalThis))) {
    throw new Error(`${url} did not start: ${await reasonOf(url, uncaught)}`);
  }
  return {
    page,
    uncaught,
    call: (name, ...args) => page.evaluate(callInPage, { name, args }) as never,
    close: () => page.close(),
  };
}

/** The server says why there is no module, the browser why it did not run. */
async function reasonOf(url: string, uncaught: readonly Error[]): Promise<string> {
  const response = await fetch(`${url}/module.js`);
  return response.ok ? uncaught.map(String).join('\n') : response.text();
}

/** Runs inside the page: must not refer to anything of this file. */
function callInPage({ name, args }: { name: string; args: unknown[] }): unknown {
  const { pageModule } = globalThis as unknown as {
    pageModule: Record<string, (...args: unknown[]) => unknown>;
  };
  const called = pageModule[name];
  if (called === undefined) throw new Error(`the page exports no ${name}`);
  return called(...args);
}
