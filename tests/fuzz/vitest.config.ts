import { tests } from '../../vitest.base.js';

// 15 seconds of attacks, 10 minutes in a soak run; start and end of the process come on top.
export default tests({ name: 'fuzz', testTimeout: 720_000, hookTimeout: 60_000 });
