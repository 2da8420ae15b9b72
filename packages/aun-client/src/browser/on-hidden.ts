import type { Environment } from '../environment.js';

interface Listenable {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** As much of `window` as is needed to notice. Workers have no document and are told nothing; Node has no events. */
export interface HiddenScope extends Partial<Listenable> {
  readonly document?: Listenable & { readonly visibilityState: string };
}

/** A page that is hidden or left may never run again: the last moment to write what waits. */
export const onHidden =
  (scope: HiddenScope): Environment['onHidden'] =>
  (listener) => {
    const { document } = scope;
    const onVisibility = (): void => {
      if (document?.visibilityState === 'hidden') listener();
    };
    scope.addEventListener?.('pagehide', listener);
    document?.addEventListener('visibilitychange', onVisibility);
    return () => {
      scope.removeEventListener?.('pagehide', listener);
      document?.removeEventListener('visibilitychange', onVisibility);
    };
  };
