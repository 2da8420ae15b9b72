import { backendTests } from './vitest.backend.js';

export default backendTests('noble');
