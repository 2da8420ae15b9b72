export {
  type Aid,
  isAidName,
  isIssuer,
  issuerOf,
  parseAid,
  parseExactAid,
  splitAid,
  validateAIDFormat,
  validateAidName,
} from './aid.js';
export {
  CANONICAL_JSON_MAX_DEPTH,
  CanonicalJsonError,
  canonicalJson,
  compareCodePoints,
} from './canonical-json.js';
export { type Clock, sleep, systemClock, type TimerHandle } from './clock.js';
export { CloseCode, noReconnectCloseCodes } from './close-code.js';
export { aidDirectoryName } from './directory-name.js';
export { type ErrorCode, ErrorCodes } from './error-codes.js';
export * from './errors.js';
export {
  buildDiscoveryHost,
  convertToGroupAid,
  type GroupAid,
  type GroupNameOptions,
  normalizeGroupAid,
  normalizeGroupId,
  splitGroupId,
  validateGroupAIDFormat,
  validateGroupIDFormat,
} from './group-aid.js';
export {
  DEFAULT_SLOT_ID,
  isDeviceId,
  isSlotId,
  slotIsolationKey,
  validateDeviceId,
  validateSlotId,
} from './instance.js';
export { isJsonObject, type JsonObject, type JsonPrimitive, type JsonValue, tryParseJson } from './json.js';
export { JsonTextError, type StableTextOptions, stableStringifyJsonText } from './json-lexemes.js';
export type * from './keystore/keystore.js';
export type * from './keystore/records.js';
export { KeyStoreError, type KeyStoreErrorCode } from './keystore/store-error.js';
export type { SyncKeyStore } from './keystore/sync-keystore.js';
export { type LogFields, type Logger, noopLogger } from './logger.js';
export type { RandomBytes } from './random.js';
export { mapRemoteError } from './remote-error.js';
export { type ErrorInfo, type Result, resultErr, resultOk } from './result.js';
export { e2eeRetryCodes, RpcCode } from './rpc-code.js';
export { stableStringify } from './stable-stringify.js';
