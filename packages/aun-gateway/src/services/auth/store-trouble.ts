import { RpcCode } from 'aun-core';
import { RpcFailure } from '../../rpc/failure.js';
import { asStoreError, StoreError } from '../../store/database.js';

/**
 * A store that cannot answer now must not end a reconnecting client: 5000 with the word that makes it log in afresh
 * (01 §9.2).
 */
export const retryableLogin = async <T>(
  phase: 'aid_login1_failed' | 'aid_login2_failed',
  work: () => T | Promise<T>,
): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    if (!(asStoreError(cause) instanceof StoreError)) throw cause;
    throw new RpcFailure(
      RpcCode.internalRetryable,
      `${phase}: the store cannot take this now, try again`,
      undefined,
      { cause },
    );
  }
};
