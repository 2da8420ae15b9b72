declare module 'readme:aun-client' {
  import type { AUNClient } from 'aun-client/browser';
  /** The program in the README of `aun-client`. */
  export const start: (
    aid: string,
    show: (text: string) => void,
    options: { rootCaPem: string; discoveryPort: number },
  ) => Promise<AUNClient>;
}
