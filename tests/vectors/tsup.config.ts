import { library } from '../../tsup.base.js';

// The checks are those of the packages' own tests; here they get the built packages instead of the sources.
export default library(
  { run: 'src/run.ts' },
  { dts: false, platform: 'node', external: [/^aun-/, 'libsql'] },
);
