import { library } from '../tsup.base.js';

export default library(
  { run: 'src/run.ts', worker: 'src/worker.ts' },
  { platform: 'node', dts: false, removeNodeProtocol: false },
);
