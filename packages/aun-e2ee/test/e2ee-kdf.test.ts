import * as api from '../src/index.js';
import { loadVectors } from './vectors/check.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { type KdfFile, kdfChecks } from './vectors/run-kdf.js';

describeVectors('e2ee-kdf.json', kdfChecks(api, loadVectors<KdfFile>('e2ee-kdf.json')));
