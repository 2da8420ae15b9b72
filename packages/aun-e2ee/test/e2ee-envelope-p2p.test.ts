import * as api from '../src/index.js';
import { loadVectors } from './vectors/check.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { type EnvelopeFile, envelopeChecks } from './vectors/run-envelope.js';

describeVectors(
  'e2ee-envelope-p2p.json',
  envelopeChecks(api, loadVectors<EnvelopeFile>('e2ee-envelope-p2p.json')),
);
