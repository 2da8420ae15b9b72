import * as api from '../src/index.js';
import { loadVectors } from './vectors/check.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { type StateFile, stateChecks } from './vectors/run-state.js';

describeVectors('e2ee-state.json', stateChecks(api, loadVectors<StateFile>('e2ee-state.json')));
