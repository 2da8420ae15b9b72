import type { Area } from '../lib/types.js';
import { core } from './core.js';
import { crypto } from './crypto.js';
import { e2ee } from './e2ee.js';

/** In the order of the table. A new area is a file here and a line in this list. */
export const areas: readonly Area[] = [core, crypto, e2ee];
