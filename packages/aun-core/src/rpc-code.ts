/** Numeric JSON-RPC error codes on the wire (02 §18.3, 01 §17.1, 04 §1.2, 05 §3.1). */
export const RpcCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  protocolMismatch: -32000,
  authenticationRequired: -32001,
  certificateInvalid: -32002,
  signatureInvalid: -32003,
  permissionDenied: -32004,
  notFound: -32008,
  versionConflict: -32009,
  federationConnectFailed: -32010,
  federationTimeout: -32011,
  federationRefused: -32012,
  rateLimited: -32029,
  certificateRevoked: -32050,
  clientSignatureInvalid: -32051,
  identityConflictLocal: -32052,
  groupNotFound: -33001,
  deviceNotFound: -33011,
  prekeyStale: -33012,
  e2eeVersionUnsupported: -33020,
  recipientMismatch: -33050,
  epochMismatch: -33052,
  memberListChanged: -33054,
  missingParams: 4000,
  authFailed: 4001,
  invalidNonce: 4010,
  shortConnectionCapacityExceeded: 4013,
  identityConflict: 4090,
  internalRetryable: 5000,
  serviceUnavailable: 5003,
  rpcHandlerTimeout: 5004,
} as const;

export type RpcCode = (typeof RpcCode)[keyof typeof RpcCode];

/** Codes on which a sender refreshes keys and tries exactly once more (03 §9.3). */
export const e2eeRetryCodes: ReadonlySet<number> = new Set([
  RpcCode.deviceNotFound,
  RpcCode.prekeyStale,
  RpcCode.recipientMismatch,
  RpcCode.epochMismatch,
  RpcCode.memberListChanged,
]);
