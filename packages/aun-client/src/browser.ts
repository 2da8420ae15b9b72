/** The face for browsers: everything fallible gives a promise (07 §12). */

import type { AID } from './browser/aid.js';
import type { ResolveResult as AnyResolveResult } from './store/types.js';

export { AID } from './browser/aid.js';
export { AIDStore } from './browser/aid-store.js';
export { AUNClient } from './browser/client.js';
export { getDeviceId } from './browser/device-id.js';
export * from './exports.js';
/** What `AIDStore.resolve` gives (07 §3.7). */
export type ResolveResult = AnyResolveResult<AID>;
