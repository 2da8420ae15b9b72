import { tests } from '../../vitest.base.js';

// A test may start several processes and bring a gateway back from the dead; none of them measures time.
export default tests({ name: 'e2e', testTimeout: 120_000, hookTimeout: 60_000 });
