import { NotReadyError, StateError } from 'aun-core';
import { ADVICE, type Member, permission } from '../connection/matrix.js';
import type { ConnectionState } from '../connection/states.js';

/**
 * Asks the matrix of 07 §5.4 whether `what` may run now; false means: do nothing, or answer null.
 * @throws {StateError}, {NotReadyError} naming the state and what to call
 */
export const admit = (member: Member, what: string, state: ConnectionState, strict: boolean): boolean => {
  switch (permission(member, state, strict)) {
    case 'allow':
      return true;
    case 'not_ready':
      throw new NotReadyError(
        `${what} needs state 'ready', the client is '${state}': ${notReadyAdvice(state)}`,
        {
          retryable: false,
        },
      );
    case 'state_error':
      throw new StateError(`${what} is not allowed in state '${state}': ${ADVICE[state]}`);
    default:
      return false;
  }
};

const notReadyAdvice = (state: ConnectionState): string =>
  state === 'no_identity' || state === 'closed' ? 'call loadIdentity(aid) and connect()' : ADVICE[state];
