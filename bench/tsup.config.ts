import { library } from '../tsup.base.js';

export default library(
  { run: 'src/run.ts', worker: 'src/worker.ts', echo: 'src/echo.ts', leash: 'src/leash.ts' },
  { platform: 'node', dts: false, removeNodeProtocol: false },
);
