import { loadVectors } from './vectors/check.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { type CanonicalFile, canonicalChecks } from './vectors/run-canonical.js';

describeVectors('e2ee-canonical.json', canonicalChecks(loadVectors<CanonicalFile>('e2ee-canonical.json')));
