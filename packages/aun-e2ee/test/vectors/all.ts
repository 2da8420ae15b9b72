import { type E2eeApi, loadVectors, type VectorCheck } from './check.js';
import { canonicalChecks } from './run-canonical.js';
import { envelopeChecks } from './run-envelope.js';
import { kdfChecks } from './run-kdf.js';
import { negativeChecks } from './run-negative.js';
import { recipientsChecks } from './run-recipients.js';
import { spkChecks } from './run-spk.js';
import { stateChecks } from './run-state.js';
import { wrapChecks } from './run-wrap.js';

/**
 * The checks of every vector file by file name, for any build of the package. `load` reads a file; the default takes
 * the copies beside this module.
 */
export function e2eeVectorChecks(
  api: E2eeApi,
  load: <T>(file: string) => T = loadVectors,
): { readonly [file: string]: readonly VectorCheck[] } {
  return {
    'e2ee-canonical.json': canonicalChecks(load('e2ee-canonical.json')),
    'e2ee-kdf.json': kdfChecks(api, load('e2ee-kdf.json')),
    'e2ee-wrap.json': wrapChecks(api, load('e2ee-wrap.json')),
    'e2ee-recipients.json': recipientsChecks(api, load('e2ee-recipients.json')),
    'e2ee-spk.json': spkChecks(api, load('e2ee-spk.json')),
    'e2ee-envelope-p2p.json': envelopeChecks(api, load('e2ee-envelope-p2p.json')),
    'e2ee-envelope-group.json': envelopeChecks(api, load('e2ee-envelope-group.json')),
    'e2ee-negative.json': negativeChecks(api, load('e2ee-negative.json')),
    'e2ee-state.json': stateChecks(api, load('e2ee-state.json')),
  };
}
