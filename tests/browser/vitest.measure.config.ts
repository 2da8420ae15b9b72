import { tests } from '../../vitest.base.js';

/** Numbers for people to read; nothing here passes or fails by its speed. */
export default tests({
  name: 'browser-measure',
  include: ['test/measure/**/*.measure.ts'],
  globalSetup: ['src/harness/setup.ts'],
  fileParallelism: false,
  testTimeout: 180_000,
});
