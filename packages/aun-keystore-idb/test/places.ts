import { IDBFactory } from 'fake-indexeddb';
import { onTestFinished } from 'vitest';
import { IdbKeyStore, type IdbKeyStoreOptions, type Platform } from '../src/index.js';
import 'fake-indexeddb/auto';

/** An origin of its own: databases that nobody else sees. */
export const newPlatform = (more: Partial<Platform> = {}): Platform => ({
  indexedDB: new IDBFactory(),
  BroadcastChannel,
  ...more,
});

/** A store that is closed when its test is over. */
export function openStore(options: IdbKeyStoreOptions & { readonly platform: Platform }): IdbKeyStore {
  const store = new IdbKeyStore({ seed: 'seed', ...options });
  onTestFinished(() => store.close());
  return store;
}

export function recordingLogger(): {
  readonly lines: string[];
  readonly logger: NonNullable<IdbKeyStoreOptions['logger']>;
} {
  const lines: string[] = [];
  const keep = (message: string): void => {
    lines.push(message);
  };
  return { lines, logger: { debug: () => {}, info: () => {}, warn: keep, error: keep } };
}
