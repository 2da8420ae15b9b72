import * as api from '../src/index.js';
import { loadVectors } from './vectors/check.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { type SpkFile, spkChecks } from './vectors/run-spk.js';

describeVectors('e2ee-spk.json', spkChecks(api, loadVectors<SpkFile>('e2ee-spk.json')));
