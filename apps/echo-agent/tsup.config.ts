import { library } from '../../tsup.base.js';

export default library({ echo: 'src/echo.ts' }, { dts: false, platform: 'node' });
