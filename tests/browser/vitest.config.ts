import { tests } from '../../vitest.base.js';

export default tests({ name: 'browser', globalSetup: ['src/harness/setup.ts'] });
