import { ConnectionError, NotReadyError, StateError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { admit } from '../../src/client/guard.js';
import { METHOD_MATRIX, type Member, permission } from '../../src/connection/matrix.js';
import { CONNECTION_STATES, stateCapabilities } from '../../src/connection/states.js';

const members = Object.keys(METHOD_MATRIX) as Member[];

describe('the method x state matrix', () => {
  it('has a cell for every member in every state', () => {
    for (const member of members) {
      expect(Object.keys(METHOD_MATRIX[member]).sort()).toEqual([...CONNECTION_STATES].sort());
    }
  });

  it.each(members.flatMap((member) => CONNECTION_STATES.map((state) => [member, state] as const)))(
    'does what the cell says: %s in %s',
    (member, state) => {
      const run = () => admit(member, `${member}()`, state, false);
      switch (permission(member, state)) {
        case 'allow':
          expect(run()).toBe(true);
          break;
        case 'state_error':
          expect(run).toThrow(StateError);
          expect(run).toThrow(state);
          break;
        case 'not_ready':
          expect(run).toThrow(NotReadyError);
          expect(run).toThrow(ConnectionError);
          expect(run).toThrow(StateError);
          expect(run).toThrow(state);
          break;
        default:
          expect(run()).toBe(false);
      }
    },
  );

  it('lets calls and notifications through in ready only', () => {
    for (const state of CONNECTION_STATES) {
      for (const member of ['call', 'notify'] as const) {
        expect(permission(member, state)).toBe(state === 'ready' ? 'allow' : 'not_ready');
      }
    }
  });

  it('takes the strict reading of on, off and disconnect when asked to', () => {
    expect(permission('subscribe', 'no_identity', true)).toBe('state_error');
    expect(permission('subscribe', 'closed', true)).toBe('state_error');
    expect(permission('subscribe', 'standby', true)).toBe('allow');
    for (const state of ['no_identity', 'standby', 'closed'] as const) {
      expect(permission('disconnect', state)).toBe('noop');
      expect(permission('disconnect', state, true)).toBe('state_error');
    }
  });

  it('agrees with the capability table', () => {
    for (const state of CONNECTION_STATES) {
      const { hasIdentity, isReady, isOnline, isClosed } = stateCapabilities(state);
      expect(hasIdentity).toBe(state !== 'no_identity' && state !== 'closed');
      expect(isReady).toBe(state === 'ready');
      expect(isOnline).toBe(['ready', 'retry_backoff', 'reconnecting'].includes(state));
      expect(isClosed).toBe(state === 'closed');
    }
  });
});
