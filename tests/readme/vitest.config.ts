import { tests } from '../../vitest.base.js';

export default tests({ name: 'readme', include: ['*.test.mjs'], testTimeout: 60_000 });
