import { pureTests } from '../../vitest.base.js';

export default pureTests();
