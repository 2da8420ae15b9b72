import * as api from '../src/index.js';
import { loadVectors } from './vectors/check.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { type NegativeFile, negativeChecks } from './vectors/run-negative.js';

describeVectors('e2ee-negative.json', negativeChecks(api, loadVectors<NegativeFile>('e2ee-negative.json')));
