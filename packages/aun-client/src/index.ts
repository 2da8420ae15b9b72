/** The face for Node and everything else that is no browser: local work gives its result at once. */

import type { AID } from './node/aid.js';
import type { ResolveResult as AnyResolveResult } from './store/types.js';

export * from './exports.js';
export { AID } from './node/aid.js';
export { AIDStore } from './node/aid-store.js';
export { AUNClient } from './node/client.js';
export { getDeviceId } from './node/device-id.js';
/** What `AIDStore.resolve` gives (07 §3.7). */
export type ResolveResult = AnyResolveResult<AID>;
