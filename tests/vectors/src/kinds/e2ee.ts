import * as e2ee from 'aun-e2ee';
import type { E2eeApi } from '../../../../packages/aun-e2ee/test/vectors/check.js';
import { canonicalChecks } from '../../../../packages/aun-e2ee/test/vectors/run-canonical.js';
import { envelopeChecks } from '../../../../packages/aun-e2ee/test/vectors/run-envelope.js';
import { kdfChecks } from '../../../../packages/aun-e2ee/test/vectors/run-kdf.js';
import { negativeChecks } from '../../../../packages/aun-e2ee/test/vectors/run-negative.js';
import { recipientsChecks } from '../../../../packages/aun-e2ee/test/vectors/run-recipients.js';
import { spkChecks } from '../../../../packages/aun-e2ee/test/vectors/run-spk.js';
import { stateChecks } from '../../../../packages/aun-e2ee/test/vectors/run-state.js';
import { wrapChecks } from '../../../../packages/aun-e2ee/test/vectors/run-wrap.js';
import { unknownSections, type VectorFile, type VectorKind } from '../plan.js';

// The checks name the types of the sources; the classes of a build are others to the compiler.
const built = e2ee as unknown as E2eeApi;

interface Check {
  readonly name: string;
  readonly note?: string | undefined;
  run(): void | Promise<void>;
}

/** Sections of each file; one that is not listed here fails instead of being passed over. */
const kind =
  (sections: readonly string[], checks: (file: VectorFile) => readonly Check[]): VectorKind =>
  (file) => ({
    cases: [
      ...unknownSections(file, ['description', ...sections]),
      ...checks(file).map((check) => ({
        section: '',
        name: check.name,
        note: check.note,
        run: () => check.run(),
      })),
    ],
    notCovered: [],
  });

export const e2eeKinds: Record<string, VectorKind> = {
  'e2ee-canonical': kind(['cases', 'error_cases', 'native_error_cases'], (file) => canonicalChecks(file)),
  'e2ee-kdf': kind(['hkdf', 'keypairs', 'ecdh', 'wrap_salt', 'one_dh', 'three_dh', 'ecdsa_raw'], (file) =>
    kdfChecks(built, file),
  ),
  'e2ee-wrap': kind(
    ['aead', 'aead_errors', 'metadata_auth', 'header_normalisation', 'bootstrap_flows'],
    (file) => wrapChecks(built, file),
  ),
  'e2ee-recipients': kind(
    ['leaf_prefix_utf8', 'node_prefix_utf8', 'cases', 'order_sensitivity', 'proof_checks'],
    (file) => recipientsChecks(built, file),
  ),
  'e2ee-spk': kind(['registrations', 'device_verification', 'decrypt_key_lookup', 'retention'], (file) =>
    spkChecks(built, file),
  ),
  'e2ee-state': kind(
    [
      'state_prefix_utf8',
      'group_id_normalisation',
      'state_commitment',
      'state_commitment_errors',
      'auto_proposals',
      'confirmations',
      'state_signatures',
      'leader_delay',
      'fork_detection',
      'classic_state_hash',
    ],
    (file) => stateChecks(built, file),
  ),
  'e2ee-envelope-p2p': kind(['envelopes'], (file) => envelopeChecks(built, file)),
  'e2ee-envelope-group': kind(['envelopes'], (file) => envelopeChecks(built, file)),
  'e2ee-negative': kind(
    ['codes', 'cases', 'accepted_cases', 'client_events', 'push_events', 'encrypted_push_detection'],
    (file) => negativeChecks(built, file),
  ),
};
