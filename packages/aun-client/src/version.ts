import { version } from '../package.json';

/** Version of this package; sent to gateways and written into messages as `sdk_version`. */
export const VERSION: string = version;

/** How the SDK names itself to gateways (02 §4.4). */
export const SDK_LANG = 'typescript';
