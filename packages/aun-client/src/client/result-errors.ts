import {
  AUNError,
  ErrorCodes,
  type ErrorInfo,
  NetworkError,
  NotFoundError,
  type Result,
  StateError,
  ValidationError,
} from 'aun-core';

/** The exception for a Result error, for methods of the client that throw (07 §1 R2). */
export const errorOf = (info: ErrorInfo): AUNError => {
  if (info.cause instanceof AUNError) return info.cause;
  const options = { cause: info.cause, data: { code: info.code } };
  switch (info.code) {
    case ErrorCodes.AGENTMD_NOT_FOUND:
    case ErrorCodes.CERT_NOT_FOUND:
      return new NotFoundError(info.message, options);
    case ErrorCodes.NETWORK_ERROR:
    case ErrorCodes.SERVER_ERROR:
      return new NetworkError(info.message, options);
    case ErrorCodes.PRIVATE_KEY_NOT_VALID:
      return new StateError(info.message, options);
    default:
      return new ValidationError(info.message, options);
  }
};

export const orThrow = <T>(result: Result<T>): T => {
  if (result.ok) return result.data;
  throw errorOf(result.error);
};
