/** WebSocket close codes of the gateway (02 §11.2). */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  abnormal: 1006,
  tooBig: 1009,
  internalError: 1011,
  serviceRestart: 1012,
  tryLater: 1013,
  authFailed: 4001,
  invalidAid: 4003,
  authTimeout: 4008,
  replaced: 4009,
  invalidNonce: 4010,
  federationDenied: 4011,
  longConnectionExists: 4012,
  shortCapacityExceeded: 4013,
  shortIdleTimeout: 4014,
  longQuotaExceeded: 4015,
} as const;

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** After one of these a client must not reconnect by itself (02 §11.2). */
export const noReconnectCloseCodes: ReadonlySet<number> = new Set([
  CloseCode.authFailed,
  CloseCode.invalidAid,
  CloseCode.authTimeout,
  CloseCode.replaced,
  CloseCode.invalidNonce,
  CloseCode.federationDenied,
  CloseCode.longConnectionExists,
  CloseCode.shortCapacityExceeded,
  CloseCode.shortIdleTimeout,
  CloseCode.longQuotaExceeded,
]);
