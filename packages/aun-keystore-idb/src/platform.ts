/** What the store takes from the page or worker it runs in. Null or missing: not available there. */
export interface Platform {
  readonly indexedDB?: IDBFactory | null | undefined;
  readonly localStorage?: Pick<Storage, 'getItem' | 'setItem'> | null | undefined;
  readonly locks?: Pick<LockManager, 'request'> | null | undefined;
  readonly BroadcastChannel?: typeof BroadcastChannel | null | undefined;
}

/** The globals of this realm. A getter that throws, as a browser's does that refuses storage, counts as missing. */
export const globalPlatform: Platform = {
  get indexedDB() {
    return guarded(() => globalThis.indexedDB);
  },
  get localStorage() {
    // Node has a `localStorage` that warns; only a window's is the one of this origin.
    return guarded(() => ('window' in globalThis ? globalThis.localStorage : null));
  },
  get locks() {
    return guarded(() => globalThis.navigator.locks);
  },
  get BroadcastChannel() {
    return guarded(() => globalThis.BroadcastChannel);
  },
};

function guarded<T>(read: () => T): T | null {
  try {
    return read() ?? null;
  } catch {
    // SecurityError, or a realm without navigator: the caller reports what it then cannot do.
    return null;
  }
}
