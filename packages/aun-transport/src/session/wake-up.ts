import { type Clock, systemClock } from 'aun-core';

export type WakeUpReason = 'online' | 'visible';

/** Says when waiting any longer makes no sense: the network is back, or somebody looks at the page (07 §6.6). */
export interface WakeUpSource {
  /** Returns what ends the subscription. */
  subscribe(listener: (reason: WakeUpReason) => void): () => void;
}

interface Listenable {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** As much of `window` and `document` as is needed to notice. Workers have no document. */
export interface WakeUpScope extends Listenable {
  readonly document?: Listenable & { readonly visibilityState: string };
}

/** For platforms that say nothing. */
export const neverWakeUp: WakeUpSource = { subscribe: () => () => {} };

/** The `online` event of a window or worker, and its document's becoming visible. */
export function domWakeUp(scope: WakeUpScope): WakeUpSource {
  return {
    subscribe(listener) {
      const onOnline = () => listener('online');
      const onVisibility = () => {
        if (scope.document?.visibilityState === 'visible') listener('visible');
      };
      scope.addEventListener('online', onOnline);
      scope.document?.addEventListener('visibilitychange', onVisibility);
      return () => {
        scope.removeEventListener('online', onOnline);
        scope.document?.removeEventListener('visibilitychange', onVisibility);
      };
    },
  };
}

/**
 * Waits, but not beyond a wake-up.
 *
 * @throws the signal's reason when it was aborted
 */
export function interruptibleSleep(
  delayMs: number,
  options: { readonly wakeUp?: WakeUpSource; readonly clock?: Clock; readonly signal?: AbortSignal } = {},
): Promise<'elapsed' | WakeUpReason> {
  const { wakeUp = neverWakeUp, clock = systemClock, signal } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const finish = (end: () => void) => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      unsubscribe();
      end();
    };
    const onAbort = () => finish(() => reject(signal?.reason));
    const timer = clock.setTimeout(() => finish(() => resolve('elapsed')), delayMs);
    const unsubscribe = wakeUp.subscribe((reason) => finish(() => resolve(reason)));
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
