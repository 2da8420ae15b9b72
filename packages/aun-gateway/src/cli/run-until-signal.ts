import type { Gateway } from '../gateway.js';

/** Keeps the process until SIGINT or SIGTERM, then closes the gateway; a second signal ends at once. */
export const runUntilSignal = (gateway: Gateway): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
      gateway.close().then(resolve, reject);
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
