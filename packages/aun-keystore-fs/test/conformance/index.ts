import { describe } from 'vitest';
import type { NewHarness } from './harness.js';
import { identitySuite } from './identity-suite.js';
import { stateSuite } from './state-suite.js';

export type { Harness, NewHarness } from './harness.js';

/** What every `KeyStore` must do, on a disk or in a browser. It uses only the contract of aun-core. */
export function describeKeyStore(name: string, newHarness: NewHarness): void {
  describe(`${name}: the key store contract`, () => {
    identitySuite(newHarness);
    stateSuite(newHarness);
  });
}
