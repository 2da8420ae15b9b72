import * as api from '../src/index.js';
import { loadVectors } from './vectors/check.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { type WrapFile, wrapChecks } from './vectors/run-wrap.js';

describeVectors('e2ee-wrap.json', wrapChecks(api, loadVectors<WrapFile>('e2ee-wrap.json')));
