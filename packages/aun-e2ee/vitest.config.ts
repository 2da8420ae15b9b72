import { fileURLToPath } from 'node:url';
import { tests } from '../../vitest.base.js';

/** Node's Merkle hashing; `merkle-hash.test.ts` compares it with the portable one. */
const alias = { '#merkle-hash': fileURLToPath(new URL('./src/merkle-hash/node.ts', import.meta.url)) };

export default tests({ alias });
