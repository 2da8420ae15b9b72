import { library } from '../../tsup.base.js';

export default library(
  {
    index: 'src/index.ts',
    'backend/node': 'src/backend/node.ts',
    'backend/noble': 'src/backend/noble.ts',
  },
  { removeNodeProtocol: false },
);
