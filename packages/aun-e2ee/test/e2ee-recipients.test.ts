import * as api from '../src/index.js';
import { loadVectors } from './vectors/check.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { type RecipientsFile, recipientsChecks } from './vectors/run-recipients.js';

describeVectors(
  'e2ee-recipients.json',
  recipientsChecks(api, loadVectors<RecipientsFile>('e2ee-recipients.json')),
);
