import { library } from '../../tsup.base.js';

export default library({
  index: 'src/index.ts',
  'platform-http-node': 'src/http/platform-node.ts',
  'platform-http-fetch': 'src/http/platform-fetch.ts',
  'platform-socket-ws': 'src/socket/platform-ws.ts',
  'platform-socket-native': 'src/socket/platform-native.ts',
  'platform-wake-up-never': 'src/session/platform-wake-up-never.ts',
  'platform-wake-up-dom': 'src/session/platform-wake-up-dom.ts',
});
