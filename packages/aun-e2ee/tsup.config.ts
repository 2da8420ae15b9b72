import { library } from '../../tsup.base.js';

export default library(
  {
    index: 'src/index.ts',
    validate: 'src/validate.ts',
    pool: 'src/pool.ts',
    'pool-worker': 'src/pool-worker.ts',
    'merkle-hash/node': 'src/merkle-hash/node.ts',
    'merkle-hash/portable': 'src/merkle-hash/portable.ts',
  },
  { removeNodeProtocol: false },
);
