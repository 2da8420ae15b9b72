import { library } from '../../tsup.base.js';

export default library(
  { index: 'src/index.ts', testing: 'src/testing.ts', cli: 'src/cli.ts' },
  { platform: 'node' },
);
