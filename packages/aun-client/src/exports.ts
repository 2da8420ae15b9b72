export type {
  CheckAgentMdResult,
  FetchAgentMdResult,
  HeadAgentMdResult,
  UploadAgentMdResult,
  VerifyResult,
} from 'aun-agentmd';
export {
  AUNError,
  AuthError,
  buildDiscoveryHost,
  CertificateRevokedError,
  ClientSignatureError,
  ConnectionError,
  convertToGroupAid,
  E2EEDecryptFailedError,
  E2EEDegradedError,
  E2EEError,
  ErrorCodes,
  type ErrorInfo,
  GatewayUnreachableError,
  GroupError,
  GroupNotFoundError,
  GroupStateError,
  IdentityConflictError,
  InvalidIdentityError,
  type JsonObject,
  type JsonValue,
  type KeyStore,
  KeyStoreError,
  type Logger,
  mapRemoteError,
  NetworkError,
  NotFoundError,
  NotReadyError,
  normalizeGroupAid,
  normalizeGroupId,
  PermissionError,
  RateLimitError,
  type Result,
  RpcError,
  resultErr,
  resultOk,
  SerializationError,
  SessionError,
  StateError,
  type SyncKeyStore,
  splitGroupId,
  TimeoutError,
  TokenExpiredError,
  ValidationError,
  VersionConflictError,
  validateAIDFormat,
  validateGroupAIDFormat,
  validateGroupIDFormat,
} from 'aun-core';
export { GatewayDiscovery, type TraceMode, type TraceRecord } from 'aun-transport';
export type { AUNClientOptions } from './client/aun-client.js';
export type { AuthResult } from './client/auth-result.js';
export type { ConnectionOptions, DeliveryMode } from './connection/connect-options.js';
export { METHOD_MATRIX } from './connection/matrix.js';
export type { StateChange } from './connection/state-machine.js';
export { ConnectionState } from './connection/states.js';
export { TRANSITIONS } from './connection/transitions.js';
export { EventDispatcher, type EventHandler, Subscription } from './events/dispatcher.js';
export type {
  EventMap,
  EventName,
  MessagePayload,
  RecalledMessage,
  ReceivedMessage,
  UndecryptableMessage,
} from './events/event-map.js';
export type { E2eeFacade } from './facades/e2ee-facade.js';
export { MessageFacade } from './facades/message-facade.js';
export type { NotifyOptions } from './rpc/notify.js';
export type { CallOptions } from './rpc/pipeline.js';
export { ProtectedHeaders } from './rpc/protected-headers.js';
export type {
  ParamsOf,
  PullAnswer,
  ResultOf,
  RpcMethod,
  RpcMethods,
  RpcParams,
  RpcResult,
  SendResult,
} from './rpc/rpc-methods.js';
export type { HttpTraceRecord } from './session/observed-http.js';
export {
  isUsable as isTokenUsable,
  readTokens,
  refreshRequiresRelogin,
  rememberTokens,
  type Tokens,
} from './session/tokens.js';
export type { AIDStoreOptions } from './store/options.js';
export type { StoreTrust, TrustListFacts, TrustOptions, TrustRefreshOptions } from './store/trust.js';
export type {
  AIDInfo,
  DiagnoseResult,
  FetchAgentMdOpts,
  GroupIdentityMaterial,
  RekeyResult,
  RenewResult,
  ResolveOpts,
} from './store/types.js';
export { VERSION } from './version.js';
